'use strict';
// What all parts of the page share. All that comes from the recording goes into
// the page as text, never as markup.

const data = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);

// make makes an element with a class and a text or children.
function make(tag, className, ...content) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  e.append(...content);
  return e;
}

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const count = (n) => (n == null ? '–' : grouped.format(n));
const counted = (n, noun) => `${count(n)} ${noun}${n === 1 ? '' : 's'}`;

// lapse writes seconds: 40 ms, 7.3 s, 3m02s, 5h10m, 2d03h.
function lapse(s) {
  const two = (n) => String(Math.floor(n)).padStart(2, '0');
  if (s < 0.0005) return s <= 0 ? '0 s' : `${Math.round(s * 1e6)} µs`;
  if (s < 1) return `${Math.round(s * 1e3)} ms`;
  if (s < 60) return `${Number(s.toFixed(1))} s`;
  if (s < 3600) return `${Math.floor(s / 60)}m${two(s % 60)}s`;
  if (s < 86400) return `${Math.floor(s / 3600)}h${two((s / 60) % 60)}m`;
  return `${Math.floor(s / 86400)}d${two((s / 3600) % 24)}h`;
}

// timeOf writes a time from the beginning, with as many digits as tell moments apart.
function timeOf(s) {
  const digits = data.end < 1 || data.width < 0.1 ? 3 : 1;
  return s < 60 ? `+${s.toFixed(digits)} s` : `+${lapse(s)}`;
}

// wallOf writes the time of day, if it is known.
function wallOf(s) {
  return data.wall ? `${new Date(data.wall + s * 1e3).toISOString().slice(0, 19).replace('T', ' ')} UTC` : '';
}

// color is what the style sheet calls a colour now.
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// nearest is the index of the value that is nearest to x in an ascending list.
function nearest(list, x) {
  let low = 0;
  let high = list.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (list[middle] < x) low = middle;
    else high = middle;
  }
  return Math.abs(list[low] - x) <= Math.abs(list[high] - x) ? low : high;
}
