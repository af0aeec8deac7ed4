// Comfort only: digits answer, the score is shown while one answers.
(function () {
  "use strict";
  var form = document.querySelector(".check-form");
  if (!form) {
    return;
  }
  var items = Array.from(form.querySelectorAll(".check-item"));
  var halves = { yes: 2, partly: 1, no: 0 };

  function answerOf(item) {
    var chosen = item.querySelector("input[type=radio]:checked");
    return chosen ? chosen.value : "";
  }

  // The same whole numbers as evaluations/checks/scoring.py.
  function score() {
    var part = 0, whole = 0, bonus = 0, fatal = false, open = 0;
    items.forEach(function (item) {
      var answer = answerOf(item), weight = Number(item.dataset.weight);
      if (!answer) {
        open += 1;
      } else if (answer === "na") {
        return;
      } else if (item.dataset.kind === "fatal") {
        fatal = fatal || answer === "no";
      } else if (item.dataset.kind === "bonus") {
        bonus += answer === "yes" ? weight : 0;
      } else {
        part += weight * halves[answer];
        whole += weight;
      }
    });
    var value = null;
    if (fatal) {
      value = 0;
    } else if (whole) {
      var over = part * 10000 + bonus * 2 * whole * 100, under = whole * 2;
      value = Math.min(Math.floor((2 * over + under) / (2 * under)), 10000) / 100;
    }
    form.querySelector("[data-score]").textContent = value === null ? "—" : value.toFixed(2);
    form.querySelector("[data-fatal]").hidden = !fatal;
    form.querySelector("[data-open]").hidden = !open;
    form.querySelector("[data-count]").textContent = open;
  }

  form.addEventListener("change", function (event) {
    var item = event.target.closest(".check-item");
    if (item && event.target.type === "radio") {
      item.querySelectorAll(":scope > .error.open").forEach(function (each) { each.remove(); });
    }
    if (item && event.target.type === "radio" && "evidence" in event.target.dataset) {
      item.querySelector("details").open = true;
    }
    score();
  });

  form.addEventListener("keydown", function (event) {
    var item = event.target.type === "radio" && event.target.closest(".check-item");
    if (!item || event.ctrlKey || event.metaKey || event.altKey || !/^[1-4]$/.test(event.key)) {
      return;
    }
    var choice = item.querySelectorAll("input[type=radio]")[Number(event.key) - 1];
    if (!choice) {
      return;
    }
    event.preventDefault();
    choice.checked = true;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    var next = items[items.indexOf(item) + 1];
    var target = item.querySelector("details").open && "evidence" in choice.dataset
      ? item.querySelector("details input")
      : next ? next.querySelector("input:checked") || next.querySelector("input") : form.querySelector("#comment");
    target.focus();
  });

  score();
})();
