package workload

import (
	"regexp"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"
)

func TestScenarioTable(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Scenarios() {
		t.Run(s.Name, func(t *testing.T) {
			qt.Assert(t, qt.IsFalse(seen[s.Name]))
			seen[s.Name] = true
			qt.Assert(t, qt.IsTrue(regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(s.Name)))
			qt.Assert(t, qt.Not(qt.Equals(s.Summary, "")))
			qt.Assert(t, qt.IsFalse(strings.ContainsAny(s.Summary, "\n\t")))
			qt.Assert(t, qt.IsFalse(strings.HasSuffix(s.Summary, ".")))

			found, err := Find(s.Name)
			qt.Assert(t, qt.IsNil(err))
			qt.Assert(t, qt.Equals(found, s))
		})
	}
}

func TestFindNamesTheChoices(t *testing.T) {
	_, err := Find("nonsense")
	var unknown *UnknownScenarioError
	qt.Assert(t, qt.ErrorAs(err, &unknown))
	qt.Assert(t, qt.Equals(unknown.Name, "nonsense"))
	for _, s := range Scenarios() {
		qt.Assert(t, qt.StringContains(err.Error(), s.Name))
	}
}

func TestStagesOfAScenario(t *testing.T) {
	for name, want := range map[string][]StageName{
		"accept":   {StageStart, StageReady, StageDone, StageEnd},
		"random":   {StageStart, StageReady, StageCheckpoint, StageDone, StageEnd},
		"churn":    {StageStart, StageReady, StageRound, StageDone, StageEnd},
		"shutdown": {StageStart, StageReady, StageDone, StageActed, StageEnd},
	} {
		s, err := Find(name)
		qt.Assert(t, qt.IsNil(err))
		qt.Assert(t, qt.DeepEquals(s.Stages(), want))
	}
}

func TestGroupsStayTogether(t *testing.T) {
	seen, last := map[Group]bool{}, Group("")
	for _, s := range Scenarios() {
		if s.Group != last {
			qt.Assert(t, qt.IsFalse(seen[s.Group]), qt.Commentf("%s is not with its group", s.Name))
		}
		seen[s.Group], last = true, s.Group
	}
}
