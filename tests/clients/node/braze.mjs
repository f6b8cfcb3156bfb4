// Braze's Node client, unmodified, driven by a test: {"call": ["segments", "list"], "with": {...}}
// is answered with {"value": ...} or {"error": ...}. Arguments: the server's URL and a key.
import { createInterface } from 'node:readline';
import { Braze } from 'braze-api';

const [url, key] = process.argv.slice(1);
const braze = new Braze(url, key);

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let told;
  try {
    const room = asked.call.slice(0, -1).reduce((found, name) => found[name], braze);
    const method = room[asked.call.at(-1)];
    told = { value: await (asked.with === undefined ? method.call(room) : method.call(room, asked.with)) };
  } catch (error) {
    told = { error: { name: error.name, message: error.message, ...error } };
  }
  console.log(JSON.stringify(told));
}
