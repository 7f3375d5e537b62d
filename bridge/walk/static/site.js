// The walk's files: what there is to see and hear, checked before anything builds on it.

const FORMAT = 1;

export class Broken extends Error {}

function expect(right, what) {
  if (!right) throw new Broken(`walk.json is not whole: ${what}. Make the walk again with: phonoscope walk`);
}

async function fetched(name) {
  const response = await fetch(name, { cache: "no-cache" }).catch(() => null); // both of the same day
  if (response?.ok) return response;
  throw new Broken(`${name} can't be loaded (${response ? `status ${response.status}` : "no answer"}). It belongs beside `
    + "this page: upload the whole folder that phonoscope walk made");
}

const isText = (value) => typeof value === "string";

// Opens the walk that lies beside the page. Adds to what walk.json says the number `row` of each direction's features, and
// logs(row) and embedding(row): a row's log probabilities [classes] and its unit vector [dimensions]. Throws Broken.
export async function openSite() {
  const [text, bytes] = await Promise.all([
    fetched("walk.json").then((response) => response.text()),
    fetched("features.f32").then((response) => response.arrayBuffer())]);
  let site;
  try {
    site = JSON.parse(text);
  } catch (error) {
    throw new Broken(`walk.json is no JSON: ${error.message}`);
  }
  expect(site !== null && typeof site === "object", "it holds no object");
  if (site.format !== FORMAT) {
    throw new Broken(`this walk has format ${site.format}, and this page reads ${FORMAT}. Make the walk again with: phonoscope walk`);
  }
  const { clips, panoramas, classes, dimensions } = site;
  expect(isText(site.title), "it has no title");
  expect(Array.isArray(clips) && clips.every((clip) => isText(clip?.title) && isText(clip.category)
    && isText(clip.sound) && clip.lead >= 0 && clip.seconds > 0), "its clips");
  expect(Array.isArray(panoramas) && panoramas.length, "it has no panoramas");
  expect(Number.isFinite(site.ranking?.kl) && Number.isFinite(site.ranking.cosine), "its ranking");
  let row = clips.length;
  for (const panorama of panoramas) {
    const name = `panorama ${JSON.stringify(panorama?.id)}`;
    expect(isText(panorama?.id) && isText(panorama.title) && isText(panorama.picture), name);
    expect(Array.isArray(panorama.directions) && panorama.directions.every((direction) =>
      Number.isFinite(direction?.azimuth) && Array.isArray(direction.scene)), `the directions of ${name}`);
    expect(Array.isArray(panorama.links) && panorama.links.every((link) => Number.isFinite(link?.azimuth)
      && panoramas.some(({ id }) => id === link.to)), `the links of ${name}`);
    for (const direction of panorama.directions) direction.row = row++;
  }
  expect(panoramas.some(({ id }) => id === site.first), `its first panorama, ${JSON.stringify(site.first)}, isn't there`);
  const width = classes + dimensions;
  if (bytes.byteLength !== 4 * row * width) {
    throw new Broken(`features.f32 has ${bytes.byteLength} bytes, and walk.json speaks of ${row} rows of ${width} numbers `
      + `(${4 * row * width} bytes). Upload both files of the same walk`);
  }
  const features = floats(bytes);
  return Object.assign(site, {
    logs: (of) => features.subarray(of * width, of * width + classes),
    embedding: (of) => features.subarray(of * width + classes, (of + 1) * width),
  });
}

// Little-endian, whatever the machine is.
function floats(bytes) {
  const view = new DataView(bytes);
  return Float32Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}
