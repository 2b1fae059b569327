// Makes a container in Azurite: `node container.mjs http://127.0.0.1:10000/devstoreaccount1 NAME`. The account and key are
// the emulator's own and open nothing else.
import { createHmac } from "node:crypto";

const [base, name] = process.argv.slice(2);
const account = "devstoreaccount1";
const key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const date = new Date().toUTCString();
const version = "2021-12-02";
const headers = `x-ms-date:${date}\nx-ms-version:${version}`;
const resource = `/${account}/${account}/${name}\nrestype:container`;
const signed = `PUT\n\n\n\n\n\n\n\n\n\n\n\n${headers}\n${resource}`;
const signature = createHmac("sha256", Buffer.from(key, "base64")).update(signed, "utf8").digest("base64");
const answer = await fetch(`${base}/${name}?restype=container`, {
  method: "PUT",
  headers: { "x-ms-date": date, "x-ms-version": version, Authorization: `SharedKey ${account}:${signature}` },
});
if (!answer.ok && answer.status !== 409) {
  console.error(`${answer.status} ${await answer.text()}`);
  process.exit(1);
}
