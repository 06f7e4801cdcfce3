// A browser without a window, driven through pipes. Input: the path of Chromium. Output: pages that load, evaluate,
// press keys, and report every error and every request.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export async function launch(path) {
  const profile = mkdtempSync(join(tmpdir(), "gatewise-browser-"));
  const process = spawn(path, ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--no-first-run", "--disable-background-networking", "--disable-extensions", `--user-data-dir=${profile}`,
    "--remote-debugging-pipe", "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const waiting = new Map();
  const listeners = new Set();
  let [id, rest] = [0, ""];
  process.stdio[4].setEncoding("utf8").on("data", (data) => {
    const messages = (rest + data).split("\0");
    rest = messages.pop();
    for (const message of messages.map((text) => JSON.parse(text))) {
      if (message.id == null) listeners.forEach((listen) => listen(message));
      else {
        const { resolve, reject } = waiting.get(message.id);
        waiting.delete(message.id);
        if (message.error) reject(new Error(message.error.message));
        else resolve(message.result);
      }
    }
  });
  const closed = new Promise((resolve) => process.on("exit", resolve));
  closed.then(() => waiting.forEach(({ reject }) => reject(new Error("the browser has ended"))));
  const send = (method, params = {}, sessionId) => new Promise((resolve, reject) => {
    waiting.set(++id, { resolve, reject });
    process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
  });
  return {
    open: () => openPage(send, listeners),
    async close() {
      await send("Browser.close").catch(() => {});
      await closed;
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

async function openPage(send, listeners) {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  const call = (method, params) => send(method, params, sessionId);
  const seen = { errors: [], requests: [] };
  const events = [];
  const listen = (message) => {
    if (message.sessionId !== sessionId) return;
    const { method, params } = message;
    if (method === "Runtime.exceptionThrown") seen.errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === "Runtime.consoleAPICalled" && params.type !== "log") seen.errors.push(params.args.map((one) => one.value ?? one.description).join(" "));
    if (method === "Log.entryAdded" && params.entry.level !== "verbose") seen.errors.push(params.entry.text);
    if (method === "Network.requestWillBeSent") seen.requests.push(params.request.url);
    if (method === "Page.javascriptDialogOpening") seen.errors.push(`a dialog: ${params.message}`);
    events.filter((event) => event.method === method).forEach((event) => event.resolve());
  };
  listeners.add(listen);
  await Promise.all(["Page.enable", "Runtime.enable", "Log.enable", "Network.enable"].map((method) => call(method)));
  const next = (method) => new Promise((resolve) => events.push({ method, resolve }));
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await call("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  return {
    seen,
    evaluate,
    async load(url, { width = 1280, height = 900, dark = false } = {}) {
      await call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
      await call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
      const loaded = next("Page.loadEventFired");
      await call("Page.navigate", { url });
      await loaded;
      await evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 50))))");
    },
    // The whole page as PNG.
    async screenshot() {
      const height = await evaluate("Math.ceil(document.documentElement.getBoundingClientRect().height)");
      const width = await evaluate("innerWidth");
      const { data } = await call("Page.captureScreenshot", { captureBeyondViewport: true, clip: { x: 0, y: 0, width, height, scale: 1 } });
      return Buffer.from(data, "base64");
    },
    async press(key) {
      const codes = { ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40, Tab: 9, Enter: 13, Home: 36, End: 35, Escape: 27 };
      const event = { key, code: key, windowsVirtualKeyCode: codes[key], text: key === "Enter" ? "\r" : undefined };
      await call("Input.dispatchKeyEvent", { type: event.text ? "keyDown" : "rawKeyDown", ...event });
      await call("Input.dispatchKeyEvent", { type: "keyUp", ...event });
    },
    async close() {
      listeners.delete(listen);
      await send("Target.closeTarget", { targetId });
    },
  };
}
