// Where things stand. Places on the map are 0 to 65535, x to the right and y upwards; a view is
// the place in the middle of the picture and the zoom, 1 where the whole map just fits.
const HIGHEST = 65535;
const ROOM = 0.95; // of the picture that the whole map fills
const CLOSEST = 200; // the largest zoom
const CELLS = 256; // of the grid in which the nearest digit is looked for, on a side
const CORNERS = 120; // of an outline at most

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const wholeView = () => ({ x: HIGHEST / 2, y: HIGHEST / 2, zoom: 1 });
const pixelsPerPlace = (view, size) =>
  (view.zoom * ROOM * Math.min(size.width, size.height)) / HIGHEST;

function toPicture(view, size, x, y) {
  const scale = pixelsPerPlace(view, size);
  return [size.width / 2 + (x - view.x) * scale, size.height / 2 - (y - view.y) * scale];
}

function toMap(view, size, across, down) {
  const scale = pixelsPerPlace(view, size);
  return [view.x + (across - size.width / 2) / scale, view.y - (down - size.height / 2) / scale];
}

function moved(view, size, across, down) {
  const scale = pixelsPerPlace(view, size);
  return {
    x: clamp(view.x - across / scale, 0, HIGHEST),
    y: clamp(view.y + down / scale, 0, HIGHEST),
    zoom: view.zoom,
  };
}

// What is at (across, down) stays there.
function zoomed(view, size, times, across = size.width / 2, down = size.height / 2) {
  const zoom = clamp(view.zoom * times, 1, CLOSEST);
  if (zoom === 1) return wholeView();
  const [x, y] = toMap(view, size, across, down);
  const kept = view.zoom / zoom;
  return {
    x: clamp(x + (view.x - x) * kept, 0, HIGHEST),
    y: clamp(y + (view.y - y) * kept, 0, HIGHEST),
    zoom,
  };
}

const cellOf = (value) => clamp(Math.floor((value * CELLS) / (HIGHEST + 1)), 0, CELLS - 1);

// The digits by the cell that they stand in: members[starts[cell]] up to members[starts[cell + 1]].
function makeGrid(places) {
  const count = places.length / 2;
  const cells = new Uint32Array(count);
  const starts = new Uint32Array(CELLS * CELLS + 1);
  for (let place = 0; place < count; place++) {
    cells[place] = cellOf(places[2 * place + 1]) * CELLS + cellOf(places[2 * place]);
    starts[cells[place] + 1]++;
  }
  for (let cell = 0; cell < CELLS * CELLS; cell++) starts[cell + 1] += starts[cell];
  const next = starts.slice();
  const members = new Uint32Array(count);
  for (let place = 0; place < count; place++) members[next[cells[place]]++] = place;
  return { places, starts, members };
}

// The digit nearest to (x, y) of those that `may` be, at most `radius` away; else -1.
function nearest({ places, starts, members }, x, y, radius, may) {
  let best = -1;
  let least = radius * radius;
  const [left, right] = [cellOf(x - radius), cellOf(x + radius)];
  for (let row = cellOf(y - radius); row <= cellOf(y + radius); row++) {
    const end = starts[row * CELLS + right + 1];
    for (let at = starts[row * CELLS + left]; at < end; at++) {
      const place = members[at];
      const square = (places[2 * place] - x) ** 2 + (places[2 * place + 1] - y) ** 2;
      if (square <= least && may(place)) [best, least] = [place, square];
    }
  }
  return best;
}

// A drawn line with few corners, none of whose points is further than `gap` from it, after
// Douglas and Peucker (1973); the gap grows until there are at most CORNERS.
function simplified(line, gap) {
  const kept = new Uint8Array(line.length);
  kept[0] = kept[line.length - 1] = 1;
  const spans = [[0, line.length - 1]];
  while (spans.length) {
    const [from, to] = spans.pop();
    const [furthest, distance] = furthestFrom(line, from, to);
    if (distance > gap) {
      kept[furthest] = 1;
      spans.push([from, furthest], [furthest, to]);
    }
  }
  const corners = line.filter((_, at) => kept[at]);
  return corners.length > CORNERS ? simplified(line, gap * 1.5) : corners;
}

function furthestFrom(line, from, to) {
  const [ax, ay] = line[from];
  const [dx, dy] = [line[to][0] - ax, line[to][1] - ay];
  const length = Math.hypot(dx, dy);
  let [furthest, most] = [from, -1];
  for (let at = from + 1; at < to; at++) {
    const [px, py] = [line[at][0] - ax, line[at][1] - ay];
    const distance = length ? Math.abs(px * dy - py * dx) / length : Math.hypot(px, py);
    if (distance > most) [furthest, most] = [at, distance];
  }
  return [furthest, most];
}

const asCorner = ([x, y]) => [x, y].map((value) => Math.round(clamp(value, 0, HIGHEST)));
