// What a script makes easier. The pages work without it.

// A form is sent once: a second click would ask for what the first has spent, and
// have the browser drop the answer to that.
for (const form of document.forms) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = 'yes';
  });
  // A page that comes back from the history can be sent again.
  window.addEventListener('pageshow', () => { delete form.dataset.sent; });
}

// A code is sent once it is complete, typed or pasted.
for (const form of document.querySelectorAll('form[data-auto]')) {
  const input = form.querySelector('input[data-length]');
  input.addEventListener('input', () => {
    const code = input.value.replace(/\s/g, '');
    if (!form.dataset.sent && code.length === Number(input.dataset.length)) form.requestSubmit();
  });
}

// A message cannot be sent again at once: say when.
for (const button of document.querySelectorAll('button[data-wait]')) {
  const text = button.textContent;
  const end = Date.now() + Number(button.dataset.wait) * 1000;
  const count = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${text} in ${left} s` : text;
    if (left > 0) setTimeout(count, 1000);
  };
  count();
}

for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = !navigator.clipboard;
  button.addEventListener('click', async () => {
    const lines = [...document.getElementById(button.dataset.copy).children].map((line) => line.textContent);
    await navigator.clipboard.writeText(lines.join('\n'));
    button.textContent = 'Copied';
  });
}

for (const button of document.querySelectorAll('button[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}
