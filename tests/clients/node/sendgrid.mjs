// SendGrid's Node client, unmodified, driven by a test: a request as `client.request` takes it is
// answered with {"status", "body"}. Arguments: the server's URL and a key.
import { createInterface } from 'node:readline';
import client from '@sendgrid/client';

const [url, key] = process.argv.slice(1);
client.setApiKey(key);
client.setDefaultRequest('baseUrl', url);

for await (const line of createInterface({ input: process.stdin })) {
  let told;
  try {
    const [response, body] = await client.request(JSON.parse(line));
    told = { status: response.statusCode, body };
  } catch (error) {
    told = error.response
      ? { status: error.code, body: error.response.body }
      : { status: 0, body: String(error) };
  }
  console.log(JSON.stringify(told));
}
