// What a script makes easier. The pages work without it.

// A code is sent once it is complete, typed or pasted.
for (const form of document.querySelectorAll('form[data-auto]')) {
  const input = form.querySelector('input[data-length]');
  let sent = false;
  form.addEventListener('submit', (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  input.addEventListener('input', () => {
    const code = input.value.replace(/\s/g, '');
    if (!sent && code.length === Number(input.dataset.length)) form.requestSubmit();
  });
  // A page that comes back from the history can be sent again.
  window.addEventListener('pageshow', () => { sent = false; });
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
