// The grid of the monthly evaluation: keys, paste, saving as one types. It works without this file.
(function () {
  "use strict";
  var token = document.querySelector("input[name=csrf_token]");
  var words = (document.getElementById("grid-words") || { dataset: {} }).dataset;
  var WAIT = 700;
  var AGAIN = 4000;

  function headers() {
    return { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token.value };
  }

  function fill(text, values) {
    return (text || "").replace(/\{(\w+)\}/g, function (_all, name) {
      return values[name];
    });
  }

  function button(label, act) {
    var made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-link";
    made.textContent = label;
    made.addEventListener("click", act);
    return made;
  }

  // Values

  function grid(form) {
    var bar = document.querySelector(".reason-bar");
    var state = form.querySelector(".save-state");
    var dirty = new Set();
    var asking = new Set();
    var sending = false;
    var timer = null;
    var given = ""; // a reason that is to be sent
    var lost = 0; // what of the last paste had no cell

    function inputs() {
      return Array.from(form.querySelectorAll(".eval-grid .cell input[data-version]"));
    }

    function cellOf(input) {
      return input.closest("td");
    }

    function mark(input, kind, text) {
      var cell = cellOf(input);
      var problem = cell.querySelector(".cell-problem");
      if (kind) {
        cell.dataset.state = kind;
      } else {
        delete cell.dataset.state;
      }
      input.toggleAttribute("aria-invalid", kind === "bad" || kind === "conflict");
      problem.replaceChildren(text || "");
      problem.hidden = !text;
      return problem;
    }

    function say(text, kind) {
      if (state) {
        state.textContent = text || "";
        state.dataset.kind = kind || "";
      }
    }

    function wrong() {
      return form.querySelector("[data-state=bad], [data-state=conflict]");
    }

    function keep(input, text, version) {
      input.dataset.version = version;
      input.dataset.saved = text;
      cellOf(input).querySelector("input[type=hidden]").value = version;
    }

    function changed(input, soon) {
      if (input.value.trim() === input.dataset.saved) {
        dirty.delete(input);
        asking.delete(input);
        mark(input, "");
        showAsking();
        if (!wrong()) {
          say("");
        }
        return;
      }
      if (!input.dataset.version && input.value.trim() === input.placeholder) {
        // Copied from what the records give: nobody's own value.
        input.value = "";
        return;
      }
      dirty.add(input);
      mark(input, "typed");
      later(soon ? 0 : WAIT);
    }

    function later(wait) {
      clearTimeout(timer);
      timer = setTimeout(function () { send(""); }, wait);
    }

    function place(input) {
      var row = input.closest("tr").dataset.row;
      return { employee_no: row, metric: cellOf(input).dataset.metric };
    }

    function send(reason) {
      var taken = Array.from(dirty).filter(function (input) {
        return reason ? asking.has(input) : !asking.has(input);
      });
      if (sending) {
        return;
      }
      if (!taken.length) {
        given = "";
        return;
      }
      sending = true;
      say(words.saving, "saving");
      var cells = taken.map(function (input) {
        var spot = place(input);
        spot.text = input.value;
        spot.version = input.dataset.version;
        return spot;
      });
      var rows = Array.from(form.querySelectorAll("tr[data-row]")).map(function (row) {
        return row.dataset.row;
      });
      fetch(form.dataset.cells, {
        method: "POST",
        credentials: "same-origin",
        headers: headers(),
        body: JSON.stringify({ cells: cells, reason: reason, rows: rows }),
      })
        .then(function (answer) {
          return answer.json().then(function (body) {
            given = reason ? "" : given;
            if (body.cells) {
              settle(taken, cells, body);
            } else {
              refused(taken, body.message);
            }
          });
        })
        .catch(function () {
          say(words.unsaved, "bad");
          setTimeout(function () { send(reason); }, AGAIN);
        })
        .finally(function () {
          sending = false;
          if (given && !reason) {
            send(given);
          } else if (Array.from(dirty).some(function (input) { return !asking.has(input) && input.dataset.sent !== input.value; })) {
            later(0);
          }
        });
      taken.forEach(function (input) { input.dataset.sent = input.value; });
    }

    function refused(taken, message) {
      taken.forEach(function (input) {
        dirty.delete(input);
        mark(input, "bad", message);
      });
      say(message, "bad");
    }

    function settle(taken, cells, body) {
      body.cells.forEach(function (told, at) {
        var input = taken[at];
        var untouched = input.value === cells[at].text;
        asking.delete(input);
        if (told.state === "saved" || told.state === "same") {
          keep(input, told.text, told.version);
          if (untouched) {
            dirty.delete(input);
            input.value = told.text;
            mark(input, "saved");
          }
        } else if (told.state === "stale") {
          dirty.delete(input);
          conflict(input, told);
        } else if (told.state === "reason") {
          asking.add(input);
          mark(input, "reason");
        } else {
          dirty.delete(input);
          mark(input, "bad", told.message);
        }
      });
      show(body.rows);
      showAsking();
      if (bar && !asking.size) {
        bar.querySelector("input").value = "";
      }
      var text = wrong() ? words.refused : dirty.size ? "" : words.saved;
      say(lost ? fill(words.lost, { count: lost }) + " " + text : text, lost || wrong() ? "bad" : "good");
    }

    function conflict(input, told) {
      var mine = input.value;
      var problem = mark(input, "conflict", fill(words.now, { value: told.shown }) + " ");
      problem.append(
        button(words.theirs, function () {
          keep(input, told.text, told.version);
          input.value = told.text;
          mark(input, "saved");
          input.focus();
        }),
        button(words.mine, function () {
          keep(input, told.text, told.version);
          input.value = mine;
          changed(input, true);
          input.focus();
        })
      );
    }

    // Line scores and totals that follow from what is entered.
    function show(rows) {
      Object.keys(rows || {}).forEach(function (number) {
        var row = form.querySelector('tr[data-row="' + CSS.escape(number) + '"]');
        var told = rows[number];
        if (!row) {
          return;
        }
        row.querySelectorAll("td[data-metric]").forEach(function (cell) {
          var line = told.lines[cell.dataset.metric];
          var input = cell.querySelector("input[data-version]");
          if (!line) {
            return;
          }
          cell.querySelector(".cell-score").textContent = line.score;
          if (input) {
            input.placeholder = line.given;
            var over = Boolean(input.dataset.version && line.given);
            cell.classList.toggle("cell-over", over);
            cell.querySelector(".cell-given").hidden = !over;
            cell.querySelector(".cell-given s").textContent = line.given;
          } else if (cell.querySelector(".cell-value").textContent.trim() === "—" && line.given) {
            cell.querySelector(".cell-value").textContent = line.given;
          }
        });
        row.querySelector(".figure-base").textContent = told.base || "—";
        row.querySelector(".figure-total").textContent = told.total || "—";
        var grade = row.querySelector(".figure-grade");
        grade.replaceChildren();
        if (told.grade) {
          var badge = document.createElement("span");
          badge.className = "grade grade-" + told.grade;
          badge.textContent = told.grade;
          grade.append(badge);
        }
      });
    }

    function showAsking() {
      if (!bar) {
        return;
      }
      var open = asking.size > 0;
      var was = bar.hidden;
      bar.hidden = !open;
      bar.querySelector(".reason-which").textContent = Array.from(asking).map(function (input) {
        return input.getAttribute("aria-label") + ": " + input.placeholder + " → " + input.value;
      }).join("; ");
      if (open && was) {
        bar.querySelector("input").focus();
      }
    }

    function answer() {
      var reason = bar.querySelector("input").value.trim();
      var first = Array.from(asking)[0];
      if (!reason) {
        bar.querySelector("input").focus();
        return;
      }
      given = reason;
      send(given);
      if (first) {
        first.focus();
      }
    }

    function takeBack() {
      Array.from(asking).forEach(function (input) {
        input.value = input.dataset.saved;
        changed(input, true);
      });
    }

    function move(input, down, right) {
      var row = input.closest("tr");
      var cell = cellOf(input);
      var table = row.closest("tbody");
      var at = Array.from(row.children).indexOf(cell) + right;
      var line = Array.from(table.children).indexOf(row);
      do {
        line += down;
        var next = table.children[line];
        var found = next && next.children[at] && next.children[at].querySelector("input[data-version]");
        if (found) {
          found.focus();
          found.select();
          return true;
        }
        at += right;
      } while (table.children[line] && table.children[line].children[at] && (down || right));
      return false;
    }

    function paste(input, text) {
      var block = text.replace(/\r/g, "").replace(/\n+$/, "").split("\n").map(function (line) {
        return line.split("\t");
      });
      var row = input.closest("tr");
      var lines = Array.from(row.closest("tbody").children);
      var top = lines.indexOf(row);
      var left = Array.from(row.children).indexOf(cellOf(input));
      lost = 0;
      block.forEach(function (texts, down) {
        texts.forEach(function (each, right) {
          var line = lines[top + down];
          var cell = line && line.children[left + right];
          var target = cell && cell.querySelector("input[data-version]");
          if (!target) {
            lost += each.trim() ? 1 : 0;
            return;
          }
          target.value = each.trim();
          changed(target, true);
        });
      });
      if (lost) {
        say(fill(words.lost, { count: lost }), "bad");
      }
    }

    inputs().forEach(function (input) {
      input.dataset.saved = input.value;
    });
    form.addEventListener("input", function (event) {
      if (event.target.dataset.version !== undefined) {
        lost = 0;
        changed(event.target, false);
      }
    });
    form.addEventListener("focusout", function (event) {
      if (event.target.dataset.version !== undefined && dirty.has(event.target)) {
        later(0);
      }
    });
    form.addEventListener("paste", function (event) {
      var text = event.clipboardData ? event.clipboardData.getData("text/plain") : "";
      if (event.target.dataset.version !== undefined && /[\t\n]/.test(text)) {
        event.preventDefault();
        paste(event.target, text);
      }
    });
    form.addEventListener("keydown", function (event) {
      var input = event.target;
      if (input.dataset.version === undefined || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) {
        return;
      }
      var whole = input.selectionStart === 0 && input.selectionEnd === input.value.length;
      var moved = false;
      if (event.key === "Enter") {
        moved = move(input, event.shiftKey ? -1 : 1, 0) || true;
        later(0);
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        moved = move(input, event.key === "ArrowDown" ? 1 : -1, 0) || true;
      } else if (event.key === "ArrowRight" && (whole || input.selectionStart === input.value.length)) {
        moved = move(input, 0, 1);
      } else if (event.key === "ArrowLeft" && (whole || input.selectionEnd === 0)) {
        moved = move(input, 0, -1);
      } else if (event.key === "Escape") {
        input.value = input.dataset.saved;
        changed(input, true);
        moved = true;
      }
      if (moved) {
        event.preventDefault();
      }
    });
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      later(0);
    });
    if (bar) {
      bar.querySelector("[data-act=reason]").addEventListener("click", answer);
      bar.querySelector("[data-act=undo]").addEventListener("click", takeBack);
      bar.addEventListener("keydown", function (event) {
        if (event.key === "Enter" && event.target.tagName === "INPUT") {
          event.preventDefault();
          answer();
        }
        if (event.key === "Escape") {
          takeBack();
        }
      });
    }
    if (form.dataset.bare !== undefined) {
      var asked = Array.from(form.querySelectorAll("tr[data-row]")).map(function (row) {
        return "row=" + encodeURIComponent(row.dataset.row);
      });
      fetch(form.dataset.figures + "?" + asked.join("&"), { credentials: "same-origin", headers: { Accept: "application/json" } })
        .then(function (answer) { return answer.json(); })
        .then(function (body) { show(body.rows); })
        .catch(function () { say(words.unsaved, "bad"); });
    }
    return function () { return dirty.size > 0; };
  }

  // Written feedback

  function feedback(form) {
    var state = form.querySelector(".save-state");
    var parts = Array.from(form.querySelectorAll("[data-part]"));
    var timer = null;
    var sending = false;

    function text(part) {
      return part.querySelector("textarea");
    }

    function version(part) {
      return part.querySelector("input[type=hidden]");
    }

    function say(message, kind) {
      state.textContent = message || "";
      state.dataset.kind = kind || "";
    }

    function waiting() {
      return parts.filter(function (part) {
        return text(part).value !== part.dataset.saved && part.dataset.state !== "conflict";
      });
    }

    function send() {
      var taken = waiting();
      if (sending || !taken.length) {
        return;
      }
      sending = true;
      say(words.saving, "saving");
      var body = new URLSearchParams({ csrf_token: token.value });
      var sent = taken.map(function (part) {
        body.append(part.dataset.part, text(part).value);
        body.append(version(part).name, version(part).value);
        part.dataset.sent = text(part).value;
        return text(part).value;
      });
      fetch(form.action, { method: "POST", credentials: "same-origin", headers: { Accept: "application/json", "X-CSRFToken": token.value }, body: body })
        .then(function (answer) { return answer.json(); })
        .then(function (told) {
          (told.parts || []).forEach(function (each) {
            var part = parts.find(function (one) { return one.dataset.part === each.part; });
            if (each.stale !== null) {
              conflict(part, each);
              return;
            }
            version(part).value = each.version;
            part.dataset.saved = sent[taken.indexOf(part)];
          });
          say(told.message || (waiting().length ? "" : words.saved), told.message ? "bad" : "good");
          if (told.message) {
            clearTimeout(timer);
          }
        })
        .catch(function () {
          say(words.unsaved, "bad");
          later(AGAIN);
        })
        .finally(function () {
          sending = false;
          if (waiting().some(function (part) { return part.dataset.sent !== text(part).value; })) {
            later(0);
          }
        });
    }

    function conflict(part, told) {
      var box = part.querySelector(".part-problem");
      var theirs = document.createElement("p");
      theirs.className = "kept-lines";
      theirs.textContent = told.stale || "—";
      part.dataset.state = "conflict";
      function settle(value) {
        version(part).value = told.version;
        part.dataset.saved = told.stale;
        delete part.dataset.state;
        text(part).value = value;
        box.hidden = true;
        later(0);
      }
      box.replaceChildren(
        told.message,
        theirs,
        button(words.theirs, function () { settle(told.stale); }),
        button(words.mine, function () { settle(text(part).value); })
      );
      box.hidden = false;
    }

    function later(wait) {
      clearTimeout(timer);
      timer = setTimeout(send, wait);
    }

    parts.forEach(function (part) {
      part.dataset.saved = text(part).value;
    });
    form.addEventListener("input", function () { later(WAIT); });
    form.addEventListener("focusout", function () { later(0); });
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      later(0);
    });
    return function () { return waiting().length > 0; };
  }

  var open = [];
  document.querySelectorAll("form.eval-form").forEach(function (form) { open.push(grid(form)); });
  document.querySelectorAll("form.feedback-form").forEach(function (form) { open.push(feedback(form)); });
  document.documentElement.classList.add("scripted");
  window.addEventListener("beforeunload", function (event) {
    if (open.some(function (waits) { return waits(); })) {
      event.preventDefault();
    }
  });
})();
