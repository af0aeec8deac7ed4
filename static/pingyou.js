// Comfort only: every page works without this file.
(function () {
  "use strict";
  // A filter that is chosen is applied at once.
  document.addEventListener("change", function (event) {
    var form = event.target.closest("form.filters");
    if (form && event.target.tagName === "SELECT") {
      form.requestSubmit();
    }
  });
  // A form that was sent is not sent twice.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post") {
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
    }
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
    });
  });
  // A page that fetches itself shows whatever comes, also that there is nothing to compute.
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (event.detail.requestConfig.elt.getAttribute("hx-select") === "main") {
      event.detail.shouldSwap = true;
    }
  });
  // A digit rates where the keyboard is, and goes on to the next question.
  document.addEventListener("keydown", function (event) {
    var scale = event.target.closest(".scale");
    var point = scale && !event.ctrlKey && !event.metaKey && !event.altKey && scale.querySelector('input[value="' + Number(event.key) + '"]');
    if (point) {
      event.preventDefault();
      point.checked = true;
      var next = scale.nextElementSibling;
      (next && next.querySelector("input, textarea") || point).focus();
    }
  });
  // One more empty row, as the last one is: its fields are numbered on.
  function next(text) {
    return text.replace(/\d+/, function (number) { return Number(number) + 1; });
  }
  document.querySelectorAll("[data-add-row]").forEach(function (button) { button.hidden = false; });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-add-row]");
    if (!button) {
      return;
    }
    var rows = button.previousElementSibling.querySelectorAll(button.dataset.addRow);
    var last = rows[rows.length - 1];
    var made = last.cloneNode(true);
    [made].concat(Array.from(made.querySelectorAll("[aria-label]"))).forEach(function (each) {
      if (each.hasAttribute("aria-label")) {
        each.setAttribute("aria-label", next(each.getAttribute("aria-label")));
      }
    });
    made.querySelectorAll("th:not(:has(*))").forEach(function (each) { each.textContent = next(each.textContent); });
    made.querySelectorAll("input, select, textarea").forEach(function (field, at) {
      var before = last.querySelectorAll("input, select, textarea")[at];
      field.name = field.name.replace(/^(new|key)(\d*):/, function (_all, word, number) {
        return word + (Number(number || 1) + 1) + ":";
      });
      if (field.type === "checkbox") {
        field.checked = false;
      } else if (field.tagName === "SELECT") {
        field.selectedIndex = 0;
      } else {
        field.value = field.name === "rank-place" ? Number(before.value) + 1 || "" : "";
      }
    });
    last.after(made);
    made.querySelector("input:not([type=hidden]), select").focus();
  });
  // What opens over the page closes by a click elsewhere and by Escape.
  function closeMenus(except) {
    document.querySelectorAll("details.more[open], details.confirm[open]").forEach(function (each) {
      if (each !== except) {
        each.removeAttribute("open");
      }
    });
  }
  document.addEventListener("click", function (event) {
    closeMenus(event.target.closest("details.more, details.confirm"));
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      closeMenus(null);
    }
  });
})();
