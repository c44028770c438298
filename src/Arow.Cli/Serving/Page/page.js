'use strict';

const limit = 10 * 1024 * 1024;
const at = id => document.getElementById(id);
let model, picture, request;

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Error('The server does not answer. Has it been stopped?');
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error[0].toUpperCase() + answer.error.slice(1) + '.');
  return answer;
}

function element(name, text) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  return made;
}

function options(select, names, chosen) {
  for (const name of names) {
    const option = element('option', name);
    option.selected = name === chosen;
    select.append(option);
  }
}

const percent = p => (100 * p).toFixed(1) + ' %';

function list(into, prediction, right) {
  into.replaceChildren(...prediction.top.map(entry => {
    const line = element('li'), bar = element('i');
    bar.setAttribute('aria-hidden', 'true');
    bar.style.width = 100 * entry.confidence + '%';
    if (right !== undefined && prediction.index !== right) line.className = 'wrong';
    line.append(bar, element('span', entry.class), element('span', percent(entry.confidence)));
    return line;
  }));
}

function attacks(shown) {
  for (const figure of document.querySelectorAll('.attack')) figure.hidden = !shown;
  at('verdict').hidden = !shown;
}

async function work() {
  if (!picture) return;
  request?.abort();
  const mine = request = new AbortController();
  const send = path => ask(path, { method: 'POST', body: picture, signal: mine.signal });
  at('error').textContent = '';
  at('run').disabled = true;
  try {
    at('status').textContent = 'Classifying …';
    const prediction = await send('predict');
    list(at('original-top'), prediction);
    at('result').hidden = false;
    if (model.attacks.length === 0) {
      at('status').textContent = 'The model returns only labels, so it cannot be attacked here.';
      return;
    }
    at('status').textContent = 'Attacking …';
    const query = new URLSearchParams({ attack: at('attack').value, norm: at('norm').value, epsilon: at('epsilon').value.trim() });
    const answer = await send('attack?' + query);
    show(answer);
    at('status').textContent = answer.resized ? `The picture was brought to ${model.input.width} × ${model.input.height} pixels, as in training.` : '';
  } catch (error) {
    if (error.name === 'AbortError') return;
    attacks(false);
    at('status').textContent = '';
    at('error').textContent = error.message;
  } finally {
    if (mine === request) at('run').disabled = model.attacks.length === 0;
  }
}

function show(answer) {
  const { attack, norm, found } = answer.withstands;
  at('original').src = answer.images.original;
  at('original').alt = `The picture as the model sees it: ${answer.class}`;
  at('perturbation').src = answer.images.perturbation;
  at('perturbation').alt = 'Difference between the two pictures, around grey';
  at('attacked').src = answer.images.attacked;
  at('attacked').alt = `The attacked picture: ${answer.attacked.class}`;
  list(at('original-top'), answer);
  list(at('attacked-top'), answer.attacked, answer.index);
  const magnified = answer.magnification === 1 ? 'Not magnified' : `Magnified ${answer.magnification} times`;
  at('change').textContent = `${magnified}, centred on grey. Its ${norm} norm is ${answer.distance.toPrecision(3)}.`;
  at('verdict').textContent = found === null
    ? `${attack} found no change within ε = ${at('epsilon').value.trim()} (${norm}) that alters the class. That is no proof that there is none.`
    : `${attack} turned ${answer.class} into ${found} within ε = ${at('epsilon').value.trim()} (${norm}).`;
  attacks(true);
}

function take(blob) {
  request?.abort();
  picture = undefined;
  at('result').hidden = true;
  attacks(false);
  at('status').textContent = '';
  at('run').disabled = true;
  if (blob.size > limit) {
    at('error').textContent = 'The picture has more than 10 MiB, the limit.';
    return;
  }
  picture = blob;
  const image = at('original');
  if (image.src.startsWith('blob:')) URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(blob);
  image.alt = 'The picture';
  work();
}

async function start() {
  try {
    model = await ask('model');
  } catch (error) {
    at('error').textContent = error.message;
    return;
  }
  at('about').textContent = `A picture is classified into ${model.classes.length} classes, then attacked: changed a little so that the model errs.`;
  options(at('attack'), model.attacks, model.attack);
  options(at('norm'), Object.keys(model.epsilons), model.norm);
  at('epsilon').value = model.epsilons[model.norm];
  at('settings').hidden = model.attacks.length === 0;
  for (const [number, name] of model.samples.entries()) {
    const button = element('button'), image = element('img');
    button.type = 'button';
    image.src = `samples/${number}`;
    image.alt = `Sample ${number + 1}: ${name}`;
    button.append(image);
    button.addEventListener('click', async () => {
      try {
        take(await (await fetch(image.src)).blob());
      } catch {
        at('error').textContent = 'The server does not answer. Has it been stopped?';
      }
    });
    at('sample-list').append(button);
  }
  at('samples').hidden = model.samples.length === 0;

  at('file').addEventListener('change', event => {
    if (event.target.files.length > 0) take(event.target.files[0]);
    event.target.value = '';
  });
  at('norm').addEventListener('change', () => { at('epsilon').value = model.epsilons[at('norm').value]; work(); });
  at('attack').addEventListener('change', work);
  at('settings').addEventListener('submit', event => { event.preventDefault(); work(); });
  const drop = at('drop');
  for (const name of ['dragenter', 'dragover']) drop.addEventListener(name, event => { event.preventDefault(); drop.classList.add('over'); });
  for (const name of ['dragleave', 'drop']) drop.addEventListener(name, () => drop.classList.remove('over'));
  // A picture that misses the field must not take the page's place.
  for (const name of ['dragover', 'drop']) window.addEventListener(name, event => event.preventDefault());
  drop.addEventListener('drop', event => {
    event.preventDefault();
    if (event.dataTransfer.files.length > 0) take(event.dataTransfer.files[0]);
    else at('error').textContent = 'That was no file. Save the picture first, then drop it here.';
  });
}

start();
