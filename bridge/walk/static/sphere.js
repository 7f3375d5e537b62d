// A panorama as one sees it from its middle, by WebGL: for every pixel, the ray through it and where that meets the
// equirectangular picture. While one steps, the picture before fades into the one now.

import { RADIAN, spans } from "./bearings.js";

const CORNERS = `
attribute vec2 corner;
varying vec2 at;
void main() { at = corner; gl_Position = vec4(corner, 0.0, 1.0); }`;

// Angles run on beyond the edges of the pictures, which repeat: there is no seam where they begin and end.
const RAYS = `
precision highp float;
varying vec2 at;
uniform vec4 view; // tangents of half the width and half the height, pitch, how far the step has come
uniform vec2 yaw;  // in the picture before, in the one now
uniform sampler2D before;
uniform sampler2D now;
const float PI = 3.14159265358979;
vec4 seen(sampler2D picture, float towards, float zoom) {
  vec2 plane = at * view.xy * zoom;
  float up = cos(view.z), back = sin(view.z);
  vec3 ray = vec3(plane.x, plane.y * up + back, plane.y * back - up);
  vec2 angles = vec2(atan(-ray.x, -ray.z) + towards, atan(ray.y, length(ray.xz)));
  return texture2D(picture, 0.5 - angles / vec2(2.0 * PI, PI));
}
void main() {
  float step = 0.18 * view.w;
  gl_FragColor = mix(seen(before, yaw.x, 1.0 - step), seen(now, yaw.y, 1.18 - step), view.w);
}`;

export class Sphere {
  #gl;
  #pictures = [null, null]; // before and now
  #textures;
  #turned = 0;

  // Throws Error where there is no WebGL. changed: called when all must be drawn anew.
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.#gl = canvas.getContext("webgl2", { alpha: false }) ?? canvas.getContext("webgl", { alpha: false });
    if (!this.#gl) throw new Error("no WebGL");
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault()); // a phone that wants memory back
    canvas.addEventListener("webglcontextrestored", () => {
      this.#prepare();
      changed();
    });
    this.#prepare();
  }

  // The next picture, null for darkness. turned: degrees by which the view is turned against the picture before.
  show(picture, turned) {
    this.#turned = turned;
    this.#pictures = [this.#pictures[1], picture];
    this.#textures.reverse();
    this.#load(1);
  }

  // step: 0 shows the picture before, 1 the one now.
  draw({ yaw, pitch, fov }, step) {
    const gl = this.#gl, { width, height } = this.canvas;
    gl.viewport(0, 0, width, height);
    gl.uniform4f(this.view, ...spans(fov, width, height), pitch * RADIAN, step);
    gl.uniform2f(this.yaw, (yaw - this.#turned) * RADIAN, yaw * RADIAN);
    for (const which of [0, 1]) this.#bind(which);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  // Where a direction lies: pixels from the upper left corner, and whether it lies before the viewer at all.
  place(azimuth, elevation, view) {
    const a = (azimuth - view.yaw) * RADIAN, e = elevation * RADIAN, p = view.pitch * RADIAN;
    const { clientWidth: width, clientHeight: height } = this.canvas, [wide, high] = spans(view.fov, width, height);
    const ahead = Math.cos(a) * Math.cos(e), depth = Math.sin(e) * Math.sin(p) + ahead * Math.cos(p);
    const right = -Math.sin(a) * Math.cos(e), up = Math.sin(e) * Math.cos(p) - ahead * Math.sin(p);
    return { x: width / 2 * (1 + right / depth / wide), y: height / 2 * (1 - up / depth / high), before: depth > 0.05 };
  }

  #prepare() {
    const gl = this.#gl, program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, CORNERS], [gl.FRAGMENT_SHADER, RAYS]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.bindAttribLocation(program, 0, "corner");
    gl.linkProgram(program);
    gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]), gl.STATIC_DRAW); // more than the screen
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    this.view = gl.getUniformLocation(program, "view");
    this.yaw = gl.getUniformLocation(program, "yaw");
    gl.uniform1i(gl.getUniformLocation(program, "now"), 1);
    this.#textures = [gl.createTexture(), gl.createTexture()];
    for (const which of [0, 1]) this.#load(which);
  }

  #bind(which) {
    this.#gl.activeTexture(this.#gl.TEXTURE0 + which);
    this.#gl.bindTexture(this.#gl.TEXTURE_2D, this.#textures[which]);
  }

  #load(which) {
    const gl = this.#gl, on = gl.TEXTURE_2D;
    this.#bind(which);
    gl.texImage2D(on, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, this.#fitting(this.#pictures[which] ?? new ImageData(1, 1)));
    gl.texParameteri(on, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(on, gl.TEXTURE_WRAP_S, gl.REPEAT);
    gl.texParameteri(on, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  }

  // WebGL 1 repeats only pictures whose sides are powers of two, and no WebGL takes them of any size.
  #fitting(picture) {
    const most = this.#gl.getParameter(this.#gl.MAX_TEXTURE_SIZE), free = "texStorage2D" in this.#gl;
    const [width, height] = [picture.width, picture.height].map((pixels) =>
      Math.min(most, free ? pixels : 2 ** Math.ceil(Math.log2(pixels))));
    if (width === picture.width && height === picture.height) return picture;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").drawImage(picture, 0, 0, width, height);
    return canvas;
  }
}
