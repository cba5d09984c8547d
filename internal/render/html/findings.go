package html

import (
	"strings"

	"uringtrace/internal/queue"
	"uringtrace/internal/render/text"
)

// card is the explanation of one ring.
type card struct {
	Heading string
	State   queue.QueueState
	Answers []answer
	Besides []text.Row
}

// answer is one of the five questions with what there is to say.
type answer struct {
	Question string
	Rows     []text.Row
}

// questions are the five, and the labels of the rows that answer them. A row that
// is not among them is said besides.
var questions = []struct {
	text   string
	labels []string
}{
	{"Is it this?", []string{"verdict", "not exact"}},
	{"What holds it?", []string{"blocker", "next pin", "held"}},
	{"What does it cost?", []string{"holds"}},
	{"What if it ended?", []string{"if it ends"}},
	{"What now?", []string{"now", "in code", "for good", "no help"}},
}

// mostCards is how many rings are explained in full: those that hold most.
const mostCards = 16

// findings are the heading of the whole, the rings that have something queued, and
// what is said of the process besides.
func findings(r *queue.Report) (heading string, cards []card, rest []text.Row) {
	shown := *r
	shown.Rings = nil
	for _, i := range busiest(r.Rings, mostCards) {
		shown.Rings = append(shown.Rings, r.Rings[i])
	}
	groups := grouped(text.Rows(&shown))
	heading = groups[0][0].Text
	for i, group := range groups[1:] {
		if !group[0].Heading {
			rest = group
			continue
		}
		if i < len(shown.Rings) {
			cards = append(cards, newCard(&shown.Rings[i], group))
		}
	}
	return heading, cards, rest
}

// busiest are the indices of the rings with something queued, at most n of them: if
// there are more, those with most.
func busiest(rings []queue.RingReport, n int) []int {
	return deepest(len(rings), n, func(i int) int { return rings[i].Queue.Nodes })
}

// grouped are rows by the empty headings between them.
func grouped(rows []text.Row) [][]text.Row {
	groups := [][]text.Row{nil}
	for _, row := range rows {
		if row.Heading && row.Text == "" {
			groups = append(groups, nil)
			continue
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], row)
	}
	return groups
}

func newCard(r *queue.RingReport, rows []text.Row) card {
	name, verdict, _ := strings.Cut(rows[0].Text, "  ")
	c := card{Heading: name, State: r.Queue.State, Answers: make([]answer, len(questions))}
	for i := range questions {
		c.Answers[i].Question = questions[i].text
	}
	c.add(0, text.Row{Label: "verdict", Text: verdict})
	at := -1
	for _, row := range rows[1:] {
		if row.Label != "" {
			at = questionOf(row.Label)
		}
		c.add(at, row)
	}
	return c
}

func (c *card) add(question int, row text.Row) {
	if question < 0 {
		c.Besides = append(c.Besides, row)
		return
	}
	c.Answers[question].Rows = append(c.Answers[question].Rows, row)
}

// questionOf is the question that a label answers; -1: none.
func questionOf(label string) int {
	for i := range questions {
		for _, each := range questions[i].labels {
			if each == label {
				return i
			}
		}
	}
	return -1
}
