// How the digits get onto the canvas: by WebGL all of them, without it a part of them.
const BYTES = 8; // of a digit: x and y (uint16 each), red, green, blue, layer
const [PALE, USUAL, LARGE] = [0, 1, 2]; // layers, each drawn over the one before
const THINNED = 8000; // digits that are drawn without WebGL

const VERTEX = `#version 300 es
in vec2 place;
in vec4 look;
uniform vec2 middle, scale;
uniform vec3 sizes, strengths;
flat out vec4 colour;
flat out int layer;
void main() {
  layer = int(look.a);
  gl_Position = vec4((place - middle) * scale, 0.0, 1.0);
  gl_PointSize = sizes[layer];
  colour = vec4(look.rgb / 255.0, strengths[layer]);
}`;
const FRAGMENT = `#version 300 es
precision mediump float;
flat in vec4 colour;
flat in int layer;
uniform vec3 rim;
out vec4 pixel;
void main() {
  vec2 from = abs(gl_PointCoord * 2.0 - 1.0);
  float far = layer == ${LARGE} ? from.x + from.y : length(from);
  if (far > 1.0) discard;
  vec3 shade = layer == ${LARGE} && far > 0.75 ? rim : colour.rgb;
  pixel = vec4(shade * colour.a, colour.a);
}`;

const asBytes = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

// All digits in the order in which they are drawn: the background, what is not singled out, the
// others, and the large ones.
function arrange({ places, codes, background, kinds, only, pale }) {
  const behind = background ? background.length / 2 : 0;
  const layers = kinds.map(({ large }, code) =>
    only >= 0 && code !== only ? PALE : large ? LARGE : USUAL);
  const colours = kinds.map(({ colour }, code) => asBytes(layers[code] === PALE ? pale : colour));
  const totals = [behind, 0, 0];
  for (const code of codes) totals[layers[code]]++;
  const next = [behind, totals[PALE], totals[PALE] + totals[USUAL]];
  const buffer = new ArrayBuffer(BYTES * (behind + codes.length));
  const [wide, narrow] = [new Uint16Array(buffer), new Uint8Array(buffer)];
  const put = (at, from, of, [red, green, blue], layer) => {
    wide[4 * at] = from[2 * of];
    wide[4 * at + 1] = from[2 * of + 1];
    narrow[8 * at + 4] = red;
    narrow[8 * at + 5] = green;
    narrow[8 * at + 6] = blue;
    narrow[8 * at + 7] = layer;
  };
  const grey = asBytes(pale);
  for (let at = 0; at < behind; at++) put(at, background, at, grey, PALE);
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at];
    put(next[layers[code]]++, places, at, colours[code], layers[code]);
  }
  return { buffer, count: behind + codes.length };
}

// In CSS pixels, by layer: small where all are shown, larger the closer one looks.
function sizesAt(zoom, few) {
  const usual = clamp(1.7 * zoom ** 0.5, 1.7, 10);
  return [usual, usual, few ? 12 : clamp(usual * 2.6, 6, 16)];
}

const strengthsAt = (zoom) => [clamp(0.12 * zoom ** 0.5, 0.12, 0.5), clamp(0.55 * zoom ** 0.3, 0.55, 0.95), 1];

function makePainter(canvas) {
  const gl = canvas.getContext("webgl2", { antialias: false });
  return gl ? glPainter(gl, canvas) : flatPainter(canvas.getContext("2d"), canvas);
}

function glPainter(gl, canvas) {
  let [program, count] = [null, 0];
  const at = (name) => gl.getUniformLocation(program, name);
  const prepare = () => {
    program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.bindAttribLocation(program, 0, "place");
    gl.bindAttribLocation(program, 1, "look");
    gl.linkProgram(program);
    gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.vertexAttribPointer(0, 2, gl.UNSIGNED_SHORT, false, BYTES, 0);
    gl.vertexAttribPointer(1, 4, gl.UNSIGNED_BYTE, false, BYTES, 4);
    gl.enableVertexAttribArray(0);
    gl.enableVertexAttribArray(1);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  };
  prepare();
  return {
    thinned: false,
    again: prepare, // after the browser has taken the context away and given it back
    load(arranged) {
      count = arranged.count;
      gl.bufferData(gl.ARRAY_BUFFER, arranged.buffer, gl.STATIC_DRAW);
    },
    draw({ view, size, ratio, few, rim }) {
      const scale = 2 * pixelsPerPlace(view, size);
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(at("middle"), view.x, view.y);
      gl.uniform2f(at("scale"), scale / size.width, scale / size.height);
      gl.uniform3fv(at("sizes"), sizesAt(view.zoom, few).map((side) => side * ratio));
      gl.uniform3fv(at("strengths"), strengthsAt(view.zoom));
      gl.uniform3fv(at("rim"), asBytes(rim).map((part) => part / 255));
      gl.drawArrays(gl.POINTS, 0, count);
    },
    close: () => gl.getExtension("WEBGL_lose_context")?.loseContext(),
  };
}

function flatPainter(plane, canvas) {
  let [shown, wide, narrow] = [[], null, null];
  return {
    thinned: true,
    again() {},
    load({ buffer, count }) {
      [wide, narrow] = [new Uint16Array(buffer), new Uint8Array(buffer)];
      const step = Math.max(1, Math.ceil(count / THINNED));
      shown = [];
      for (let at = 0; at < count; at++) {
        if (at % step === 0 || narrow[BYTES * at + 7] === LARGE) shown.push(at);
      }
    },
    draw({ view, size, ratio, few }) {
      const sizes = sizesAt(view.zoom, few);
      plane.setTransform(ratio, 0, 0, ratio, 0, 0);
      plane.clearRect(0, 0, size.width, size.height);
      for (const at of shown) {
        const [red, green, blue, layer] = narrow.subarray(BYTES * at + 4, BYTES * at + 8);
        const [across, down] = toPicture(view, size, wide[4 * at], wide[4 * at + 1]);
        plane.fillStyle = `rgb(${red}, ${green}, ${blue})`;
        const side = Math.max(sizes[layer], 2.5);
        plane.fillRect(across - side / 2, down - side / 2, side, side);
      }
    },
    close() {},
  };
}
