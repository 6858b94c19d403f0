// seed: draws images and uploads those that are not there yet, a few at a time.
import { task } from "../../automation/task.ts";
import { draw, kinds } from "../images/worker/training/draw.ts";
import { seed } from "./contract.ts";
import { accessToken, createObject } from "./storage.ts";

const atOnce = 8;

export default task(seed, async ({ settings: { count, storage }, needs: { images }, log, signal }) => {
  if (count === 0) return { uploaded: 0 };
  const token = await accessToken(process.env, signal);
  const left = Array.from({ length: count }, (_, at) => at).reverse();
  let uploaded = 0;
  const work = async (): Promise<void> => {
    for (let at = left.pop(); at !== undefined; at = left.pop()) {
      const kind = kinds[at % kinds.length]!;
      const bytes = draw(kind, at);
      const type = bytes[0] === 0x89 ? "png" : "jpeg";
      const object = { bucket: images.bucket, name: `samples/${kind}-${String(at).padStart(4, "0")}.${type}` };
      if (await createObject({ storage, token, signal }, object, bytes, `image/${type}`)) uploaded++;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, work));
  log(`${uploaded} of ${count} images uploaded to ${images.bucket}; the others were there`);
  return { uploaded };
});
