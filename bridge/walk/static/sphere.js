// A panorama as one sees it from its middle, drawn by WebGL: for every pixel, the ray through it and where that meets the
// equirectangular picture. While one steps, of two panoramas, of which one fades into the other.

import { onScreen, spans } from "./bearings.js";

const CORNERS = `
attribute vec2 corner;
varying vec2 at;
void main() { at = corner; gl_Position = vec4(corner, 0.0, 1.0); }`;

// The angle runs on beyond the edges of the picture, which repeats: no seam where it begins and ends.
const RAYS = `
precision highp float;
varying vec2 at;
uniform vec2 span;
uniform vec2 yaw;     // radians, in the picture before and in the one now
uniform vec2 near;    // how much smaller a part of each is seen
uniform float pitch;
uniform float mixing; // 0: the picture before, 1: the one now
uniform sampler2D before;
uniform sampler2D now;
const float PI = 3.14159265358979;
vec4 seen(sampler2D picture, float towards, float closer) {
  vec2 plane = at * span * closer;
  vec3 ray = vec3(plane.x, plane.y * cos(pitch) + sin(pitch), plane.y * sin(pitch) - cos(pitch));
  float azimuth = atan(-ray.x, -ray.z) + towards;
  float elevation = atan(ray.y, length(ray.xz));
  return texture2D(picture, vec2(0.5 - azimuth / (2.0 * PI), 0.5 - elevation / PI));
}
void main() {
  gl_FragColor = mix(seen(before, yaw.x, near.x), seen(now, yaw.y, near.y), mixing);
}`;

const STEP = 0.18; // of the view, that a step zooms in

export class Sphere {
  #gl;
  #at = {};
  #pictures = [null, null]; // before and now
  #textures = [];
  #yaw = 0; // the view's when the picture before went, less than now

  // Throws Error where there is no WebGL. changed: called when all must be drawn anew.
  constructor(canvas, changed) {
    const gl = canvas.getContext("webgl2", { alpha: false }) ?? canvas.getContext("webgl", { alpha: false });
    if (!gl) throw new Error("no WebGL");
    this.#gl = gl;
    this.canvas = canvas;
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault()); // a phone that wants memory back
    canvas.addEventListener("webglcontextrestored", () => {
      this.#prepare();
      changed();
    });
    this.#prepare();
  }

  // The next picture, null for darkness. turned: degrees by which the view is turned against the picture before.
  show(picture, turned) {
    this.#pictures = [this.#pictures[1], picture];
    this.#yaw = turned;
    const [before, now] = this.#textures;
    this.#textures = [now, before];
    this.#load(1);
  }

  // mixing: 0 shows the picture before, 1 the one now.
  draw(view, mixing) {
    const gl = this.#gl, { width, height } = this.canvas, RADIAN = Math.PI / 180;
    gl.viewport(0, 0, width, height);
    gl.uniform2f(this.#at.span, ...spans(view.fov, width, height));
    gl.uniform2f(this.#at.yaw, (view.yaw - this.#yaw) * RADIAN, view.yaw * RADIAN);
    gl.uniform2f(this.#at.near, 1 - STEP * mixing, 1 + STEP * (1 - mixing));
    gl.uniform1f(this.#at.pitch, view.pitch * RADIAN);
    gl.uniform1f(this.#at.mixing, mixing);
    this.#textures.forEach((texture, i) => {
      gl.activeTexture(gl.TEXTURE0 + i);
      gl.bindTexture(gl.TEXTURE_2D, texture);
    });
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  place(azimuth, elevation, view) {
    return onScreen(azimuth, elevation, view, this.canvas.clientWidth, this.canvas.clientHeight);
  }

  #prepare() {
    const gl = this.#gl;
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, CORNERS], [gl.FRAGMENT_SHADER, RAYS]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(`the shader doesn't link: ${gl.getProgramInfoLog(program)}`);
    }
    gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]), gl.STATIC_DRAW); // more than the screen
    const corner = gl.getAttribLocation(program, "corner");
    gl.enableVertexAttribArray(corner);
    gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
    for (const name of ["span", "yaw", "near", "pitch", "mixing", "before", "now"]) {
      this.#at[name] = gl.getUniformLocation(program, name);
    }
    gl.uniform1i(this.#at.before, 0);
    gl.uniform1i(this.#at.now, 1);
    this.#textures = [gl.createTexture(), gl.createTexture()];
    this.#load(0);
    this.#load(1);
  }

  #load(which) {
    const gl = this.#gl, picture = this.#pictures[which];
    gl.activeTexture(gl.TEXTURE0 + which);
    gl.bindTexture(gl.TEXTURE_2D, this.#textures[which]);
    if (picture) {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, this.#fitting(picture));
    } else {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, 1, 1, 0, gl.RGB, gl.UNSIGNED_BYTE, null);
    }
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.REPEAT);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  }

  // WebGL 1 repeats only pictures whose sides are powers of two, and no WebGL takes them of any size.
  #fitting(picture) {
    const most = this.#gl.getParameter(this.#gl.MAX_TEXTURE_SIZE);
    const free = "WebGL2RenderingContext" in self && this.#gl instanceof WebGL2RenderingContext;
    const side = (pixels) => Math.min(most, free ? pixels : 2 ** Math.ceil(Math.log2(pixels)));
    const width = side(picture.width), height = side(picture.height);
    if (width === picture.width && height === picture.height) return picture;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").drawImage(picture, 0, 0, width, height);
    return canvas;
  }
}
