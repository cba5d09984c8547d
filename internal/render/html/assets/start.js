'use strict';
// What happens when the page is opened.

(() => {
  for (const section of document.querySelectorAll('.scripted')) section.hidden = false;

  let slider;
  const choose = (time) => slider.go(time);
  const depth = new Chart('depth', '', choose);
  const rates = new Chart('rates', ' per second', choose);

  const unwatched = {
    all: '',
    removals: 'Only removals were watched; what was released is not known.',
    none: 'Removals and releases were not watched.',
  };
  const select = $('ring');
  select.replaceChildren(...data.rings.map((r, i) => new Option(r.name, String(i))));
  const deepest = data.rings.reduce((best, r, i) => (most(r.most) > most(data.rings[best].most) ? i : best), 0);
  const showRing = () => {
    const ring = data.rings[Number(select.value)];
    if (!ring) return;
    depth.show(depthLines(ring), ring.inexact);
    rates.show(rateLines(ring), ring.inexact);
    $('rates-figure').hidden = ring.watched === 'none';
    $('unwatched').textContent = unwatched[ring.watched];
    sayInexact(ring);
  };
  select.value = String(deepest);
  select.addEventListener('change', showRing);
  showRing();
  $('time').hidden = !data.rings.length;

  slider = new Slider((time) => {
    if (!data.rings.length) return;
    depth.moveTo(time);
    rates.moveTo(time);
  });
  $('moment').hidden = !data.moments.length;
  slider.go(data.end);

  new PinTable(choose);
  $('pin-list').hidden = !data.pins.length;
  const out = data.left_out;
  $('pins-text').textContent = data.pins.length
    ? `A pin is a ${data.queue ? 'queued' : 'removed'} node that requests hold. A bar ends where the last of them ended; ${out.pins ? `${counted(out.pins, 'shorter one')} are left out.` : 'none is left out.'}`
    : 'No node was held for longer than the kernel takes by itself.';
  $('bounds').textContent = [
    `Charts have one value for every ${lapse(data.width)}; lines of what only looks at all nodes tell stay at what the last one has told.`,
    out.charts ? `${counted(out.charts, 'ring')} with a shallower queue have no chart.` : '',
    out.rings ? `${counted(out.rings, 'ring')} that ended are left out.` : '',
  ].join(' ');

  // Canvases don't follow the style sheet by themselves.
  const redraw = () => {
    if (data.rings.length) [depth, rates].forEach((c) => c.draw());
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  addEventListener('beforeprint', () => {
    document.documentElement.dataset.paper = '';
    redraw();
  });
  addEventListener('afterprint', () => {
    delete document.documentElement.dataset.paper;
    redraw();
  });
})();
