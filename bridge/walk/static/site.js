// The walk's files: what there is to see and hear, checked before anything builds on it.

const FORMAT = 1;

function expect(right, what) {
  if (!right) throw new Error(`${what}. Make the walk again: phonoscope walk PANORAMAS --export SITE`);
}

async function fetched(name) {
  const response = await fetch(name, { cache: "no-cache" }).catch(() => null); // both files of the same day
  expect(response?.ok, `${name} can't be loaded (${response ? `status ${response.status}` : "no answer"}), `
    + "and belongs beside this page");
  return response;
}

const areTexts = (...values) => values.every((value) => typeof value === "string");
const areNumbers = (...values) => values.every(Number.isFinite);

// Opens the walk that lies beside the page. Adds to what walk.json says the number `row` of each direction's features, and
// logs(row) and embedding(row): a row's log probabilities [classes] and its unit vector [dimensions]. Throws Error in words.
export async function openSite() {
  const [json, bytes] = await Promise.all([fetched("walk.json").then((response) => response.json().catch(() => null)),
    fetched("features.f32").then((response) => response.arrayBuffer())]);
  expect(json?.format === FORMAT, json ? `walk.json has format ${json.format}, and this page reads ${FORMAT}`
    : "walk.json is no JSON");
  const { title, clips, panoramas, classes, dimensions, ranking, first } = json;
  const ids = new Set(panoramas?.map?.((panorama) => panorama?.id));
  expect(ids.has(first) && areTexts(title) && areNumbers(classes, dimensions, ranking?.kl, ranking?.cosine),
    "walk.json lacks its title, panoramas, the first of them, or its ranking");
  expect(clips?.every?.((clip) => areTexts(clip?.title, clip?.category, clip?.sound) && areNumbers(clip.lead, clip.seconds)),
    "walk.json lacks what its clips are");
  let row = clips.length;
  for (const { id, title: name, picture, directions, links } of panoramas) {
    expect(areTexts(id, name, picture) && links?.every?.((link) => areNumbers(link?.azimuth) && ids.has(link.to))
      && directions?.every?.((direction) => areNumbers(direction?.azimuth) && Array.isArray(direction.scene)),
    `walk.json is wrong about the panorama ${JSON.stringify(id)}, its links or directions`);
    for (const direction of directions) direction.row = row++;
  }
  const width = classes + dimensions;
  expect(bytes.byteLength === 4 * row * width, `features.f32 has ${bytes.byteLength} bytes, and walk.json speaks of `
    + `${4 * row * width}: they are not of the same walk`);
  const view = new DataView(bytes); // little endian, whatever the machine is
  const features = Float32Array.from({ length: row * width }, (_, i) => view.getFloat32(4 * i, true));
  return Object.assign(json, {
    logs: (of) => features.subarray(of * width, of * width + classes),
    embedding: (of) => features.subarray(of * width + classes, (of + 1) * width),
  });
}
