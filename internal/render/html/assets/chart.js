'use strict';
// The charts over time, drawn by uPlot.

const axisWidth = 64;
// A line stays at what is known last until more is known: nothing is guessed between.
const stepped = uPlot.paths.stepped({ align: 1 });

// A chart is a list of lines: each has a label, a colour's name, and of which list
// of times its values are.
function depthLines(ring) {
  const looks = ring.looks;
  const nodes = data.queue ? 'nodes in queue' : 'removed nodes still used';
  const lines = [
    { label: 'most', color: 's1', t: ring.t, v: ring.most, thin: true },
    { label: 'least', color: 's1', t: ring.t, v: ring.least, thin: true },
    { label: nodes, color: 's1', t: ring.t, v: ring.last },
    { label: 'blocked', color: 's2', t: data.queue ? looks.t : null, v: looks.blocked, dash: [6, 4] },
    { label: 'pinned', color: 's5', t: looks.t, v: looks.pinned, dash: [2, 3] },
    { label: 'held sockets', color: 's3', t: looks.t, v: looks.sockets, dash: [10, 3, 2, 3] },
  ];
  if (data.sockets.t) lines.push({ label: 'sockets in use, all of the network namespace', color: 's4', t: data.sockets.t, v: data.sockets.used });
  return lines.filter((l) => l.t && l.t.length);
}

// rateLines has no line for what was not watched.
function rateLines(ring) {
  const lines = [
    { label: 'removed', color: 's2', t: ring.t, v: ring.removed },
    { label: 'released', color: 's4', t: ring.t, v: ring.released, dash: [6, 4] },
    { label: 'sockets truly released', color: 's3', t: ring.t, v: ring.freed, dash: [2, 3] },
  ].filter((l) => l.t && l.t.length);
  return lines.slice(0, { all: 3, removals: 1, none: 0 }[ring.watched]);
}

// Chart is one chart with its legend, which is the page's own: it can be reached
// by keyboard.
class Chart {
  constructor(id, unit, choose) {
    this.box = $(id);
    this.legend = $(`${id}-legend`);
    this.text = $(`${id}-text`);
    this.unit = unit;
    this.choose = choose;
    this.at = 0;
    this.hidden = new Set();
    new ResizeObserver(() => this.fit()).observe(this.box);
  }

  show(lines, inexact) {
    this.lines = lines;
    this.inexact = inexact;
    this.table = lines.length ? uPlot.join(lines.map((l) => [l.t, l.v])) : [[]];
    this.fillLegend();
    this.draw();
    this.say();
  }

  draw() {
    if (this.plot) this.plot.destroy();
    const axis = { stroke: color('ink'), grid: { stroke: color('line'), width: 1 }, ticks: { stroke: color('line'), width: 1 } };
    this.plot = new uPlot({
      width: this.box.clientWidth || 600,
      height: 240,
      scales: { x: { time: false, range: [0, Math.max(data.end, data.width)] }, y: { range: (u, min, max) => [0, Math.max(1, max * 1.05)] } },
      axes: [{ ...axis, size: 34, values: (u, all) => all.map(lapse) }, { ...axis, size: axisWidth, values: (u, all) => all.map(short) }],
      series: [{}, ...this.lines.map((l) => this.series(l))],
      bands: this.lines[0]?.thin ? [{ series: [1, 2], fill: color('band') }] : [],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false, points: { size: 6 } },
      hooks: { drawClear: [(u) => this.shade(u)], draw: [(u) => this.mark(u)], setCursor: [(u) => this.values(u.cursor.left < 0 ? null : u.posToVal(u.cursor.left, 'x'))] },
    }, this.table, this.box);
    this.plot.over.addEventListener('click', (e) => this.choose(this.plot.posToVal(e.offsetX, 'x')));
  }

  series(l) {
    return {
      label: l.label, stroke: color(l.color), width: l.thin ? 0.5 : 2, dash: l.dash, spanGaps: true, show: !this.hidden.has(l.label),
      paths: stepped, points: { show: l.t.length === 1 },
    };
  }

  // shade marks the times in which the ring was not exact.
  shade(u) {
    u.ctx.fillStyle = color('shade');
    for (const s of this.inexact) {
      const left = u.valToPos(s.begin, 'x', true);
      const right = u.valToPos(s.end ?? data.end, 'x', true);
      u.ctx.fillRect(left, u.bbox.top, Math.max(right - left, 2), u.bbox.height);
    }
  }

  // mark draws the moment that the slider is at.
  mark(u) {
    const x = Math.round(u.valToPos(this.at, 'x', true));
    u.ctx.save();
    u.ctx.strokeStyle = color('ink');
    u.ctx.setLineDash([4, 4]);
    u.ctx.beginPath();
    u.ctx.moveTo(x, u.bbox.top);
    u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
    u.ctx.stroke();
    u.ctx.restore();
  }

  moveTo(at) {
    this.at = at;
    if (!this.plot) return;
    this.plot.redraw(false);
    this.values(null);
  }

  fit() {
    const width = this.box.clientWidth;
    if (this.plot && width && width !== this.plot.width) this.plot.setSize({ width, height: 240 });
  }

  fillLegend() {
    this.cells = [];
    const labels = this.lines.map((l, i) => {
      if (l.thin) return null;
      const box = make('input');
      box.type = 'checkbox';
      box.checked = !this.hidden.has(l.label);
      box.addEventListener('change', () => this.toggle(i, box.checked));
      const swatch = make('span', l.dash ? 'swatch dash' : 'swatch');
      swatch.style.borderColor = `var(--${l.color})`;
      const cell = make('span', 'value');
      this.cells[i] = cell;
      return make('label', '', box, swatch, l.label, cell);
    });
    this.legend.replaceChildren(this.legend.firstElementChild, ...labels.filter(Boolean));
    this.values(null);
  }

  toggle(i, show) {
    if (show) this.hidden.delete(this.lines[i].label);
    else this.hidden.add(this.lines[i].label);
    this.plot.setSeries(i + 1, { show });
  }

  // values writes each line's value at a time, or at the slider's moment.
  values(at) {
    const x = at ?? this.at;
    this.lines.forEach((l, i) => {
      if (this.cells[i]) this.cells[i].textContent = count(valueAt(l, x));
    });
  }

  // say puts the chart into words.
  say() {
    const parts = this.lines.filter((l) => !l.thin).map((l) => `${l.label} ${count(least(l.v))} to ${count(most(l.v))}${this.unit}, at the end ${count(l.v[l.v.length - 1])}`);
    this.text.textContent = parts.length ? `${parts.join('; ')}.` : 'Nothing was heard of this ring.';
  }
}

// valueAt is the last value that a line has at a time; before its first, none.
function valueAt(line, x) {
  let i = nearest(line.t, x);
  if (line.t[i] > x) i--;
  return i < 0 ? null : line.v[i];
}

const most = (list) => list.reduce((a, b) => Math.max(a, b), -Infinity);
const least = (list) => list.reduce((a, b) => Math.min(a, b), Infinity);

// short writes a number for an axis: 950, 12k, 1.5M.
function short(n) {
  if (n >= 1e6) return `${grouped.format(n / 1e6)}M`;
  return n >= 1e4 ? `${grouped.format(n / 1e3)}k` : grouped.format(n);
}

// sayInexact lists the times in which a ring was not exact.
function sayInexact(ring) {
  const box = $('inexact');
  box.replaceChildren();
  if (!ring.inexact.length) return;
  const list = make('ul');
  for (const s of ring.inexact) {
    const until = s.end == null ? 'to the end' : `to ${timeOf(s.end)}`;
    const more = s.merged ? `, and ${counted(s.merged, 'more time')} until then` : '';
    list.append(make('li', '', `${timeOf(s.begin)} ${until}: ${data.texts[s.why]}${more}`));
  }
  const title = make('summary', '', `Not exact ${counted(ring.inexact.length, 'time')}, shaded in the charts`);
  box.append(make('details', '', title, list));
}
