// Submits the smallest request to the server named on the command line, with the generated client alone: once as
// clients of the reference do, which poll, and once waiting for the result. Prints what it received, as JSON.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";
import { minimal } from "./requests.js";

declare const process: { argv: string[] };

const client = createClient<paths>({ baseUrl: process.argv[2] ?? "" });
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function submitAndPoll() {
  const { data, error } = await client.POST("/v1/inference", { body: minimal });
  if (data === undefined) {
    throw new Error(error.error.message);
  }
  const statusUrl: string = data.status_url;
  const request = { params: { path: { request_id: data.request_id } } };
  for (;;) {
    const { data: status } = await client.GET("/v1/requests/{request_id}/status", request);
    if (status === undefined || !["in_queue", "in_progress"].includes(status.status)) {
      break;
    }
    await pause(50);
  }
  const { data: result } = await client.GET("/v1/requests/{request_id}/result", request);
  const images = result?.outputs?.images ?? [];
  const { data: bytes } = await client.GET("/v1/requests/{request_id}/images/{index}", {
    params: { path: { request_id: data.request_id, index: 0 } },
    parseAs: "arrayBuffer",
  });
  return { submitted: data.status, statusUrl, ended: result?.status, images: images.length, bytes: bytes?.byteLength };
}

async function submitAndWait() {
  const { data } = await client.POST("/v1/inference", { body: minimal, params: { header: { Prefer: "wait=60" } } });
  return { ended: data?.status, images: data?.outputs?.images.length };
}

async function submitForUnknownModel() {
  const { error, response } = await client.POST("/v1/inference", { body: { ...minimal, model: "dalle" } });
  return { status: response.status, code: error?.error.code, supported: error?.error.details["supported_models"] };
}

console.log(
  JSON.stringify({
    polled: await submitAndPoll(),
    waited: await submitAndWait(),
    refused: await submitForUnknownModel(),
  }),
);
