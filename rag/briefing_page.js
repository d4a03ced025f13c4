"use strict";
// A mark opens its source beside the text. Without this script it leads to the list of sources.
(() => {
  const panel = document.getElementById("panel");
  const heading = document.getElementById("panel-title");
  const body = document.getElementById("panel-body");
  const place = document.getElementById("panel-place");
  const status = document.getElementById("panel-status");
  const marks = [...document.querySelectorAll("main a.number")];
  let current = -1;

  const isOpen = () => current >= 0;

  // The sentences this statement rests on stay marked; others of the paragraph that are quoted elsewhere do not.
  function quotation(source, mark) {
    const copy = source.querySelector("blockquote").cloneNode(true);
    const wanted = mark.dataset.quotes?.split(" ");
    for (const quote of copy.querySelectorAll("mark")) {
      if (wanted && !quote.dataset.quote.split(" ").some((index) => wanted.includes(index))) {
        const plain = document.createElement("span");
        plain.className = "also";
        plain.replaceChildren(...quote.childNodes);
        quote.replaceWith(plain);
      }
    }
    return copy;
  }

  function show(index) {
    const moved = isOpen();
    if (moved) release(marks[current]);
    current = index;
    const mark = marks[index];
    const source = document.getElementById(mark.hash.slice(1));
    const copies = (kind) => [...source.querySelectorAll(kind)].map((part) => part.cloneNode(true));
    heading.textContent = source.querySelector("h3").textContent;
    body.replaceChildren(...copies(".facts"), quotation(source, mark), ...copies(".where"));
    place.textContent = `${index + 1} of ${marks.length}`;
    panel.hidden = false;
    panel.scrollTop = 0;
    document.documentElement.classList.add("with-panel");
    mark.setAttribute("aria-expanded", "true");
    mark.closest(".statement").classList.add("current");
    mark.scrollIntoView({ block: "nearest" });
    const quote = body.querySelector("mark");
    const begins = quote ? quote.getClientRects()[0].bottom : 0;
    if (begins > panel.getBoundingClientRect().bottom - 48) quote.scrollIntoView({ block: "center" });
    if (moved) status.textContent = mark.getAttribute("aria-label");
    if (!panel.contains(document.activeElement)) panel.focus({ preventScroll: true });
  }

  function release(mark) {
    mark.setAttribute("aria-expanded", "false");
    mark.closest(".statement").classList.remove("current");
  }

  function close() {
    const mark = marks[current];
    release(mark);
    current = -1;
    panel.hidden = true;
    status.textContent = "";
    document.documentElement.classList.remove("with-panel");
    mark.focus();
  }

  const step = (by) => show((current + by + marks.length) % marks.length);

  marks.forEach((mark, index) => {
    mark.setAttribute("role", "button");
    mark.setAttribute("aria-controls", "panel");
    mark.setAttribute("aria-expanded", "false");
    mark.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      if (index === current) close();
      else show(index);
    });
    mark.addEventListener("keydown", (event) => {
      if (event.key === " ") {
        event.preventDefault();
        mark.click();
      }
    });
  });
  document.getElementById("panel-previous").addEventListener("click", () => step(-1));
  document.getElementById("panel-next").addEventListener("click", () => step(1));
  document.getElementById("panel-close").addEventListener("click", close);
  document.addEventListener("keydown", (event) => {
    if (!isOpen() || event.altKey || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const act = { Escape: close, ArrowLeft: () => step(-1), ArrowRight: () => step(1) }[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
})();
