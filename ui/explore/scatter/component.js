// A map of digits that is panned, zoomed and outlined. Sends what was outlined, as corners and the
// kind that was singled out (-1 for none), and which digit was clicked; draws nothing anew for it.
const NEAR = 12; // pixels within which a digit counts as pointed at
const STEP = 60; // pixels that an arrow key pans
const NAMED = 150; // large digits that each bear their label
const ICONS = { "Zoom in": "+", "Zoom out": "−" };

function make(kind, properties = {}, ...children) {
  const element = Object.assign(document.createElement(kind), properties);
  element.append(...children);
  return element;
}

function makeButton(name, action) {
  const button = make("button", { type: "button", textContent: ICONS[name] ?? name, title: name });
  button.setAttribute("aria-label", name);
  button.onclick = action;
  return button;
}

function open(root) {
  const map = {
    view: wholeView(), size: { width: 0, height: 0 }, ratio: 1, only: -1, tool: "pan",
    pointers: new Map(), line: null, pointed: -1, asked: false, data: null, places: null,
  };
  build(map, root);
  map.painter = makePainter(map.canvas);
  map.watcher = new ResizeObserver(() => fitCanvas(map));
  map.watcher.observe(map.plane);
  map.arrived = () => show(map, map.data);
  globalThis.addEventListener("digitmappart", map.arrived);
  map.canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
  map.canvas.addEventListener("webglcontextrestored", () => {
    map.painter.again();
    load(map);
  });
  listen(map);
  return map;
}

function build(map, root) {
  map.canvas = make("canvas");
  map.over = make("canvas");
  map.tip = make("div", { className: "tip", hidden: true });
  map.plane = make("div", { className: "plane", tabIndex: 0 }, map.canvas, map.over, map.tip);
  map.plane.setAttribute("role", "application");
  map.outlining = makeButton("Draw an outline", () =>
    use(map, map.tool === "pan" ? "line" : "pan"));
  map.clearing = makeButton("Clear", () => map.send("outlined", { corners: [], only: map.only }));
  map.clearing.setAttribute("aria-label", "Clear the outline");
  const bar = make("div", { className: "bar" },
    makeButton("Zoom in", () => look(map, zoomed(map.view, map.size, 1.5))),
    makeButton("Zoom out", () => look(map, zoomed(map.view, map.size, 1 / 1.5))),
    makeButton("Whole map", () => look(map, wholeView())),
    map.outlining, makeButton("Outline the view", () => outlineView(map)), map.clearing);
  map.legend = make("div", { className: "legend" });
  map.legend.setAttribute("role", "group");
  map.said = make("p", { className: "said" });
  map.said.setAttribute("aria-live", "polite");
  root.replaceChildren(bar, map.plane, map.legend, map.said);
}

function close(map) {
  map.watcher.disconnect();
  globalThis.removeEventListener("digitmappart", map.arrived);
  map.painter.close();
}

// What came from Python. Bytes that have not arrived yet call again when they have.
function show(map, data) {
  map.data = data;
  const parts = (globalThis.digitMapParts ??= new Map());
  const asked = [data.places, data.codes, data.labels, data.background].filter(Boolean);
  if (!asked.every((name) => parts.has(name))) return;
  const views = (globalThis.digitMapViews ??= new Map());
  if (map.shown?.places !== data.places) {
    map.places = asPlaces(parts.get(data.places));
    map.grid = makeGrid(map.places);
    map.view = views.get(data.places) ?? wholeView();
  }
  if (map.shown?.codes !== data.codes) map.only = -1;
  const style = getComputedStyle(map.plane);
  const theme = ["background-color", "text-color", "primary-color"].map(
    (name) => style.getPropertyValue(`--st-${name}`).trim());
  const changed = JSON.stringify([data.places, data.codes, data.background, theme]);
  [map.paper, map.ink, map.accent] = theme;
  map.codes = parts.get(data.codes);
  map.labels = parts.get(data.labels);
  map.background = data.background ? asPlaces(parts.get(data.background)) : null;
  map.shown = data;
  map.plane.setAttribute("aria-label", data.words);
  map.clearing.disabled = !data.outline.length;
  if (map.changed !== changed) {
    map.changed = changed;
    load(map);
    drawLegend(map);
  }
  say(map, map.painter.thinned
    ? `This browser offers no WebGL: only a part of the ${map.codes.length.toLocaleString("en")} ` +
      "digits is drawn. An outline takes in all of them."
    : "");
  redraw(map);
}

const asPlaces = (bytes) => new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);

function load(map) {
  if (!map.shown) return;
  const kinds = map.shown.kinds.map((kind) => ({ ...kind, large: kind.large || map.shown.few }));
  map.painter.load(arrange({ ...map, kinds, pale: map.shown.pale }));
  redraw(map);
}

function drawLegend(map) {
  const { kinds, title } = map.shown;
  map.legend.setAttribute("aria-label", `${title}: single out one kind`);
  map.legend.replaceChildren(make("span", { textContent: title }), ...kinds.flatMap((kind, code) => {
    if (!kind.count) return [];
    const mark = make("i", { className: kind.large || map.shown.few ? "large" : "" });
    mark.style.background = kind.colour;
    const button = make("button", { type: "button" }, mark,
      `${kind.name} (${kind.count.toLocaleString("en")})`);
    button.setAttribute("aria-pressed", String(map.only === code));
    button.onclick = () => {
      map.only = map.only === code ? -1 : code;
      drawLegend(map);
      map.legend.querySelector("[data-code='" + code + "']")?.focus();
      load(map);
    };
    button.dataset.code = code;
    return [button];
  }));
}

function fitCanvas(map) {
  const { clientWidth: width, clientHeight: height } = map.plane;
  if (!width || !height) return;
  map.size = { width, height };
  map.ratio = Math.min(globalThis.devicePixelRatio || 1, 2);
  for (const canvas of [map.canvas, map.over]) {
    canvas.width = width * map.ratio;
    canvas.height = height * map.ratio;
  }
  paint(map); // at once: a canvas that has been sized anew is empty
}

function look(map, view) {
  map.view = view;
  if (map.shown) globalThis.digitMapViews.set(map.shown.places, view);
  redraw(map);
}

// Once a frame, however often it is asked for.
function redraw(map) {
  if (map.asked) return;
  map.asked = true;
  requestAnimationFrame(() => paint(map));
}

function paint(map) {
  map.asked = false;
  if (!map.shown || !map.size.width) return;
  const { view, size, ratio, paper } = map;
  map.painter.draw({ view, size, ratio, rim: paper, few: map.shown.few });
  const pen = map.over.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, size.width, size.height);
  drawNames(map, pen);
  const corners = map.line ?? map.shown.outline;
  if (corners.length) drawLine(map, pen, corners);
  if (map.pointed >= 0) drawRing(map, pen, map.pointed);
  map.plane.dataset.view = `${view.x.toFixed(1)} ${view.y.toFixed(1)} ${view.zoom.toFixed(4)}`;
}

function drawNames(map, pen) {
  const { names, few } = map.shown;
  for (const [x, y, name] of names) write(map, pen, 18, x, y, 0, name);
  if (!few || map.labels.length > NAMED) return;
  for (let place = 0; place < map.labels.length; place++) {
    if (map.only >= 0 && map.codes[place] !== map.only) continue;
    write(map, pen, 13, map.places[2 * place], map.places[2 * place + 1], 12, map.labels[place]);
  }
}

function write(map, pen, size, x, y, above, words) {
  const [across, down] = toPicture(map.view, map.size, x, y);
  Object.assign(pen, {
    font: `600 ${size}px system-ui, sans-serif`, textAlign: "center", textBaseline: "middle",
    lineWidth: 4, lineJoin: "round", strokeStyle: map.paper, fillStyle: map.ink,
  });
  pen.strokeText(words, across, down - above);
  pen.fillText(words, across, down - above);
}

function drawLine(map, pen, corners) {
  pen.beginPath();
  for (const [x, y] of corners) pen.lineTo(...toPicture(map.view, map.size, x, y));
  if (!map.line) pen.closePath();
  pen.setLineDash(map.line ? [] : [6, 4]);
  pen.lineWidth = 2;
  pen.strokeStyle = map.accent;
  pen.stroke();
  pen.setLineDash([]);
  if (map.line) return;
  pen.globalAlpha = 0.12;
  pen.fillStyle = map.accent;
  pen.fill("evenodd");
  pen.globalAlpha = 1;
}

function drawRing(map, pen, place) {
  pen.beginPath();
  pen.arc(...toPicture(map.view, map.size, map.places[2 * place], map.places[2 * place + 1]),
    9, 0, 2 * Math.PI);
  pen.lineWidth = 2;
  pen.strokeStyle = map.ink;
  pen.stroke();
}

const say = (map, words) => {
  if (map.said.textContent !== words) map.said.textContent = words;
};

function titleOf(map, place) {
  const { series, kinds, title } = map.shown;
  const { name, from } = series.findLast((part) => part.from <= place);
  const words = `${name} ${(place - from).toLocaleString("en")}, a ${map.labels[place]}`;
  return map.shown.byClass ? words : `${words}\n${title}: ${kinds[map.codes[place]].name}`;
}

// The digit nearest to a point of the picture, or -1; what is not singled out cannot be pointed at.
function under(map, across, down, radius = NEAR) {
  const [x, y] = toMap(map.view, map.size, across, down);
  const reach = radius / pixelsPerPlace(map.view, map.size);
  return nearest(map.grid, x, y, reach, (place) => map.only < 0 || map.codes[place] === map.only);
}

function point(map, place, across, down) {
  if (place !== map.pointed) redraw(map);
  map.pointed = place;
  map.tip.hidden = place < 0;
  if (place < 0) return;
  map.tip.textContent = titleOf(map, place);
  const left = clamp(across + 14, 0, map.size.width - map.tip.offsetWidth);
  const under = down + 16 + map.tip.offsetHeight < map.size.height;
  map.tip.style.left = `${left}px`;
  map.tip.style.top = `${under ? down + 16 : down - 12 - map.tip.offsetHeight}px`;
}

function use(map, tool) {
  map.tool = tool;
  map.outlining.setAttribute("aria-pressed", String(tool === "line"));
  map.plane.classList.toggle("lining", tool === "line");
}

function outline(map, line) {
  const gap = 1 / pixelsPerPlace(map.view, map.size);
  const corners = simplified(line, gap).map(asCorner);
  if (corners.length < 3) return;
  map.send("outlined", { corners, only: map.only });
}

function outlineView(map) {
  const { width, height } = map.size;
  const ends = [[0, 0], [width, 0], [width, height], [0, height]];
  const corners = ends.map(([across, down]) => asCorner(toMap(map.view, map.size, across, down)));
  map.send("outlined", { corners, only: map.only });
}
