// What the mouse, fingers and keys do on the map.
const STILL = 4; // pixels that a click may stray
const [CLOSER, FURTHER] = [1.4, 1 / 1.4];

function listen(map) {
  const { plane } = map;
  plane.addEventListener("pointerdown", (event) => press(map, event));
  plane.addEventListener("pointermove", (event) => drag(map, event));
  plane.addEventListener("pointerup", (event) => release(map, event));
  plane.addEventListener("pointercancel", (event) => forget(map, event));
  plane.addEventListener("pointerleave", () => map.pointers.size || point(map, -1));
  plane.addEventListener("wheel", (event) => turn(map, event), { passive: false });
  plane.addEventListener("keydown", (event) => strike(map, event));
}

function within(map, event) {
  const box = map.plane.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

function press(map, event) {
  if (!map.shown || event.button > 0) return;
  try {
    map.plane.setPointerCapture(event.pointerId);
  } catch {} // a pointer that has gone already
  const at = within(map, event);
  map.pointers.set(event.pointerId, at);
  map.started = map.pointers.size === 1 ? at : null; // two fingers click nothing
  const lining = map.pointers.size === 1 && (map.tool === "line" || event.shiftKey);
  map.line = lining ? [toMap(map.view, map.size, ...at)] : null;
  point(map, -1);
}

function drag(map, event) {
  if (!map.shown) return;
  const at = within(map, event);
  const before = map.pointers.get(event.pointerId);
  if (!before) {
    point(map, under(map, ...at), ...at);
    return;
  }
  if (map.started && Math.hypot(at[0] - map.started[0], at[1] - map.started[1]) > STILL) {
    map.strayed = true;
  }
  if (map.line) {
    map.line.push(toMap(map.view, map.size, ...at));
    redraw(map);
  } else if (map.pointers.size > 1) {
    pinch(map, event.pointerId, before, at);
  } else if (map.strayed) {
    look(map, moved(map.view, map.size, at[0] - before[0], at[1] - before[1]));
  } else {
    return; // it may become a click: pan from where it began
  }
  map.pointers.set(event.pointerId, at);
}

function pinch(map, moving, before, at) {
  const [, other] = [...map.pointers].find(([id]) => id !== moving);
  const apart = (end) => Math.hypot(end[0] - other[0], end[1] - other[1]);
  const middle = [(at[0] + other[0]) / 2, (at[1] + other[1]) / 2];
  const shifted = moved(map.view, map.size, (at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
  look(map, zoomed(shifted, map.size, apart(at) / Math.max(apart(before), 1), ...middle));
}

function release(map, event) {
  const { line, started, strayed } = map;
  const known = map.pointers.has(event.pointerId);
  forget(map, event);
  if (!known || !map.shown) return;
  if (line && strayed) {
    use(map, "pan");
    outline(map, line);
  } else if (started && !strayed) {
    const place = under(map, ...started);
    if (place >= 0) map.send("clicked", place);
  }
}

function forget(map, event) {
  map.pointers.delete(event.pointerId);
  map.line = null;
  if (!map.pointers.size) map.strayed = false;
  redraw(map);
}

// Turned away from the whole map, the wheel scrolls the page.
function turn(map, event) {
  if (!map.shown || (event.deltaY > 0 && map.view.zoom === 1)) return;
  event.preventDefault();
  const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
  const times = Math.exp(-clamp(pixels, -240, 240) * (event.ctrlKey ? 0.01 : 0.002));
  look(map, zoomed(map.view, map.size, times, ...within(map, event)));
  point(map, -1);
}

const KEYS = {
  ArrowLeft: ({ view, size }) => moved(view, size, STEP, 0),
  ArrowRight: ({ view, size }) => moved(view, size, -STEP, 0),
  ArrowUp: ({ view, size }) => moved(view, size, 0, STEP),
  ArrowDown: ({ view, size }) => moved(view, size, 0, -STEP),
  "+": ({ view, size }) => zoomed(view, size, CLOSER),
  "=": ({ view, size }) => zoomed(view, size, CLOSER),
  "-": ({ view, size }) => zoomed(view, size, FURTHER),
  0: () => wholeView(),
};

// Keys move the map; the digit in its middle is named, and Enter opens it.
function strike(map, event) {
  if (!map.shown || event.ctrlKey || event.metaKey || event.altKey) return;
  const middle = [map.size.width / 2, map.size.height / 2];
  if (event.key in KEYS) {
    look(map, KEYS[event.key](map));
    const place = under(map, ...middle, 4 * NEAR);
    point(map, place, ...middle);
    say(map, place < 0 ? "No digit near the middle" : `In the middle: ${titleOf(map, place)}`);
  } else if (event.key === "Enter" && map.pointed >= 0) {
    map.send("clicked", map.pointed);
  } else if (event.key === "Escape") {
    use(map, "pan");
    map.line = null;
    redraw(map);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector("#root");
  root.map ??= open(root);
  root.map.send = setTriggerValue;
  show(root.map, data);
  return () => {
    close(root.map);
    delete root.map;
  };
}
