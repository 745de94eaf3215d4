// Gradio's requests, looked after: when one is lost, Gradio would stop listening to every press and load the page
// anew, with all that was typed in it gone. So it is told that the event has come to nothing, and lives on.

import { isThere, plainFetch, sayCrowded, sayLocked, suspect, whenBack } from "./connection.js";

const SHORT_BEAT = 5000; // milliseconds: a heartbeat that ends sooner is taken up again after a pause
const PAUSE = 3000;
const LOCKED = 401; // the password is wanted again, see password.py
const TOO_MUCH = 429; // nothing of the request was taken, see budgets.py

/** The answer on which Gradio ends an event without a word: a check of the inputs that lists no fault. */
const NOTHING = { detail: [], error: [] };

/** The same, as the last message of a stream of events, for all events that still wait for theirs. */
const END = [
  { msg: "process_completed", success: false, output: { error: [] } },
  { msg: "close_stream", event_id: null },
];

/** @typedef {(lost: { wasSent: boolean }) => void} OnLost */

/** @type {OnLost} */
let onLost = () => {};

const nothing = (/** @type {boolean} */ wasSent) => {
  onLost({ wasSent });
  return new Response(JSON.stringify(NOTHING), {
    status: 422,
    headers: { "content-type": "application/json" },
  });
};

/** A proxy answers for a server that is away; Gradio's own refusals are JSON.
 * @param {Response} answer
 */
const isAway = (answer) =>
  [502, 503, 504].includes(answer.status) && !answer.headers.get("content-type")?.includes("json");

const isAborted = (/** @type {unknown} */ error) =>
  error instanceof DOMException && error.name === "AbortError";

/** Whether the server has turned a request away; then the page says why.
 * @param {Response} answer
 */
const isRefused = (answer) => {
  if (answer.status === TOO_MUCH) sayCrowded(answer);
  if (answer.status === LOCKED) sayLocked();
  return answer.status === TOO_MUCH || answer.status === LOCKED;
};

/** Where the outermost page around this one comes from; "" without one. The server's key stays unused there. */
const around = window.top === window ? "" : ([...(location.ancestorOrigins ?? [])].at(-1) ?? "unknown");
const AT_HOME = ["", "https://huggingface.co"]; // the frame of a Space
document.documentElement.toggleAttribute("data-framed", !AT_HOME.includes(around));

/** The options of a request, which tell the server of a page around this one. */
const toldOfFrame = (/** @type {RequestInit | undefined} */ options) => {
  if (!around) return options;
  const headers = new Headers(options?.headers);
  headers.set("x-playground-framed", around);
  return { ...options, headers };
};

/** Ids of events that were sent and have not ended, and of some that ended before the answer to the sending came.
 * @type {[Set<string>, Set<string>]}
 */
const [unended, early] = [new Set(), new Set()];

const noteEvent = async (/** @type {Response} */ answer) => {
  const { event_id: id } = await answer.json().catch(() => ({}));
  if (id && !early.delete(id)) unended.add(id);
};

/** Whether a stream closes though an event was sent meanwhile, for whose answer nobody would listen. */
const closesEarly = (/** @type {string} */ message) => {
  const id = /"event_id":"(\w+)"/.exec(message)?.[1] ?? "";
  if (message.includes('"msg":"process_completed"') && !unended.delete(id)) early.add(id);
  return message.includes('"msg":"close_stream"') && unended.size > 0;
};

/** An event: sent once, or not at all while the line is broken.
 * @param {Parameters<typeof fetch>[0]} input
 * @param {RequestInit} [options]
 */
const send = async (input, options) => {
  if (!isThere()) return nothing(false);
  try {
    const answer = await plainFetch(input, toldOfFrame(options));
    if (isRefused(answer)) return nothing(false);
    if (answer.ok && answer.url.includes("/queue/join")) noteEvent(answer.clone());
    if (!isAway(answer)) return answer;
  } catch (error) {
    if (isAborted(error)) throw error;
  }
  suspect();
  return nothing(true);
};

const inEvents = (/** @type {object[]} */ messages) =>
  messages.map((message) => `data: ${JSON.stringify(message)}\n\n`).join("");

/** The stream of what events bring. One that breaks off ends as if its events had come to nothing.
 * @param {Parameters<typeof fetch>} request
 */
const listen = async (...request) => {
  const open = async () => {
    const source = await plainFetch(...request).catch((error) => {
      if (isAborted(error)) throw error;
      return null;
    });
    return source?.ok ? source.body?.pipeThrough(new TextDecoderStream()).getReader() : undefined;
  };
  let reader = await open();
  let text = "";
  let isClosed = false;
  /** @type {(out: ReadableStreamDefaultController<string>) => Promise<void>} */
  const pull = async (out) => {
    const { done, value } = (await reader?.read().catch(() => null)) ?? { done: true, value: "" };
    text += value ?? "";
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      if (closesEarly(event)) {
        unended.clear(); // asked for once more, and not for ever
        reader = await open();
        return pull(out);
      }
      isClosed ||= event.includes('"msg":"close_stream"');
      // The server stops, or has been started anew and does not know this page's events.
      if (event.includes('"msg":"unexpected_error"')) continue;
      out.enqueue(`${event}\n\n`);
    }
    if (!done) return events.length ? undefined : pull(out);
    if (!isClosed) {
      for (const ids of [unended, early]) ids.clear(); // END ends them all
      out.enqueue(inEvents(END));
      suspect();
      onLost({ wasSent: true });
    }
    out.close();
  };
  const body = new ReadableStream({ pull, cancel: () => reader?.cancel() });
  return new Response(body.pipeThrough(new TextEncoderStream()), {
    headers: { "content-type": "text/event-stream" },
  });
};

/** The heartbeat, by which the server knows that the page is open, and the page that the server is there. It is
 * taken up again after a break, which Gradio does not do. What Gradio gets of it is silence.
 * @param {Parameters<typeof fetch>} request
 */
const beat = (...request) => {
  const again = async () => {
    const began = performance.now();
    try {
      const answer = await plainFetch(...request);
      if (answer.status === LOCKED) return sayLocked();
      const reader = answer.body?.getReader();
      while (reader && !(await reader.read()).done);
    } catch (error) {
      if (isAborted(error)) return;
    }
    // A proxy may end every stream at once: the page must not ask without a pause.
    setTimeout(suspect, performance.now() - began < SHORT_BEAT ? PAUSE : 0);
  };
  whenBack(again);
  again();
  return new Response(new ReadableStream(), { headers: { "content-type": "text/event-stream" } });
};

/** What is done with a request of Gradio's, by its address below `gradio_api/`.
 * @type {[RegExp, (...request: Parameters<typeof fetch>) => Response | Promise<Response>][]}
 */
const CARE = [
  [/\/gradio_api\/(queue\/join|run\/)/, send],
  [/\/gradio_api\/queue\/data/, listen],
  [/\/gradio_api\/heartbeat\//, beat],
];

/** Takes Gradio's requests into care.
 * @param {OnLost} react is told of each event that came to nothing, and whether it may have been sent
 */
export const takeCare = (react) => {
  onLost = react;
  window.fetch = async (input, options) => {
    const { origin, pathname } = new URL(input instanceof Request ? input.url : input, document.baseURI);
    const [, care] = (origin === location.origin && CARE.find(([path]) => path.test(pathname))) || [];
    if (care) return care(input, options);
    try {
      const answer = await plainFetch(input, options);
      if (origin === location.origin) isRefused(answer);
      return answer;
    } catch (error) {
      if (origin === location.origin && !isAborted(error)) suspect();
      throw error;
    }
  };
};
