// The walk's files: what there is to see and hear, checked before anything builds on it.

const FORMAT = 1;

function expect(right, what) {
  if (!right) throw new Error(`${what}. Make the walk again: phonoscope walk PANORAMAS --export SITE`);
}

async function fetched(name) {
  const response = await fetch(name, { cache: "no-cache" }).catch(() => null); // both files of the same day
  expect(response?.ok, `${name} can't be loaded (${response ? `status ${response.status}` : "no answer"})`);
  return response;
}

const areTexts = (...values) => values.every((value) => typeof value === "string");
const areNumbers = (...values) => values.every(Number.isFinite);

// Opens the walk that lies beside the page. Adds to what walk.json says the number `row` of each direction's features, and
// logs(row) and embedding(row): its log probabilities [classes] and unit vector [dimensions]. Throws Error in words.
export async function openSite() {
  const [site, bytes] = await Promise.all([fetched("walk.json").then((response) => response.json().catch(() => null)),
    fetched("features.f32").then((response) => response.arrayBuffer())]);
  expect(site, "walk.json is no JSON");
  expect(site.format === FORMAT, `walk.json has format ${site.format}, and this page reads ${FORMAT}`);
  const { clips, panoramas, classes, dimensions, ranking } = site;
  const ids = new Set(panoramas?.map?.((panorama) => panorama?.id));
  expect(ids.has(site.first) && areTexts(site.title) && areNumbers(classes, dimensions, ranking?.kl, ranking?.cosine),
    "walk.json lacks its title, panoramas, the first of them, or its ranking");
  expect(clips?.every?.((clip) => areTexts(clip?.title, clip?.category, clip?.sound) && areNumbers(clip.lead, clip.seconds)),
    "walk.json lacks what its clips are");
  let row = clips.length;
  for (const { id, title, picture, directions, links } of panoramas) {
    expect(areTexts(id, title, picture) && links?.every?.((link) => areNumbers(link?.azimuth) && ids.has(link.to))
      && directions?.every?.((direction) => areNumbers(direction?.azimuth) && Array.isArray(direction.scene)),
    `walk.json is wrong about the panorama ${JSON.stringify(id)}, its links or directions`);
    for (const direction of directions) direction.row = row++;
  }
  const width = classes + dimensions;
  expect(bytes.byteLength === 4 * row * width,
    `features.f32 has ${bytes.byteLength} bytes, and walk.json speaks of ${4 * row * width}`);
  const view = new DataView(bytes); // little endian, whatever the machine is
  const features = Float32Array.from({ length: row * width }, (_, i) => view.getFloat32(4 * i, true));
  return { ...site, logs: (of) => features.subarray(of * width, of * width + classes),
    embedding: (of) => features.subarray(of * width + classes, (of + 1) * width) };
}
