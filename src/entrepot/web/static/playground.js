/* The playground with a script: the answer is shown as it is written, and can be stopped; only what came is billed. */
"use strict";

for (const form of document.querySelectorAll("form[data-playground]")) {
  const { playground: way, model, you, they } = form.dataset;
  const find = (selector) => form.querySelector(selector);
  const turns = find("[data-turns]"), line = find("[data-usage-line]"), problem = find("[data-problem]");
  const stop = find("[data-stop]"), send = find("button.primary"), text = form.elements.namedItem("text");
  const history = form.elements.namedItem("history");
  let running = null;

  const add = (role, who, words) => {
    const turn = document.createElement("article"), name = document.createElement("p"), said = document.createElement("p");
    turn.className = `turn ${role}`;
    name.className = "small soft";
    name.textContent = who;
    said.className = "said";
    said.textContent = words;
    turn.append(name, said);
    turns.append(turn);
    turn.scrollIntoView({ block: "nearest" });
    return said;
  };
  const show = (sentence) => { problem.textContent = sentence; problem.hidden = !sentence; };
  const usage = (found) => form.dataset.usage
    .replace("[read]", found.prompt_tokens.toLocaleString()).replace("[written]", found.completion_tokens.toLocaleString())
    .replace("[cost]", `${found.cost.amount.replace(/0{1,7}$/, "")} ${found.cost.currency}`);
  const value = (name) => form.elements.namedItem(name)?.value.trim() ?? "";

  const body = (past) => {
    const asked = { model, stream: true, max_tokens: Number(value("max_tokens")) || 200 };
    if (value("temperature")) asked.temperature = Number(value("temperature"));
    if (way === "text") return { ...asked, prompt: text.value };
    if (value("schema")) {
      asked.response_format = { type: "json_schema", json_schema: { name: "answer", schema: JSON.parse(value("schema")) } };
    }
    if (value("tools")) {
      asked.tools = JSON.parse(value("tools"));
      asked.tool_choice = form.elements.namedItem("must_call").checked ? "required" : "auto";
    }
    const system = value("system") ? [{ role: "system", content: value("system") }] : [];
    return { ...asked, messages: [...system, ...past, { role: "user", content: text.value }] };
  };

  /* The tools that a piece calls, a line each. */
  const called = (choice, before) => (choice.delta?.tool_calls ?? []).map(({ function: { name, arguments: given } }) =>
    `${name ? `${before ? "\n" : ""}${name} ` : ""}${given ?? ""}`).join("");

  /* Each event of the stream, as it comes. */
  async function* events(answer) {
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value: part } = await reader.read();
      if (done) return;
      const lines = (rest + part).split("\n");
      rest = lines.pop();
      for (const each of lines) {
        if (each.startsWith("data: {")) yield JSON.parse(each.slice(6));
      }
    }
  }

  const ask = async () => {
    const past = history ? JSON.parse(history.value || "[]") : [], prompt = text.value;
    let asked;
    try { asked = body(past); } catch { return show(form.dataset.noJson); }
    running = new AbortController();
    show("");
    line.textContent = form.dataset.busy;
    stop.hidden = false;
    send.disabled = true;
    if (way === "chat") add("user", you, prompt);
    const said = add("assistant", they, way === "text" ? prompt : "");
    let answered = "";
    try {
      const answer = await fetch(way === "chat" ? "/v1/chat/completions" : "/v1/completions", {
        method: "POST", body: JSON.stringify(asked), signal: running.signal,
        headers: { "content-type": "application/json", "x-csrf-token": value("_csrf") },
      });
      if (!answer.ok) throw new Error((await answer.json()).error.message);
      for await (const event of events(answer)) {
        if (event.error) throw new Error(event.error.message);
        const [choice] = event.choices;
        const piece = choice ? choice.delta?.content ?? choice.text ?? called(choice, answered) : "";
        answered += piece;
        said.append(piece);
        if (event.usage) line.textContent = usage(event.usage);
      }
      text.value = way === "chat" ? "" : prompt;
    } catch (error) {
      const stopped = error.name === "AbortError";
      line.textContent = stopped ? form.dataset.stopped : "";
      if (!stopped) show(error.message || form.dataset.failed);
      if (!answered) (way === "chat" ? [said.parentElement.previousElementSibling, said.parentElement] : [said.parentElement]).forEach((each) => each.remove());
    }
    if (history && answered) {
      history.value = JSON.stringify([...past, { role: "user", content: prompt }, { role: "assistant", content: answered }].slice(-40));
    }
    running = null;
    stop.hidden = true;
    send.disabled = false;
    text.focus();
  };

  if (way !== "ranking") {
    form.addEventListener("submit", (event) => { event.preventDefault(); if (!running) ask(); });
    stop.addEventListener("click", () => running?.abort());
  }
}
