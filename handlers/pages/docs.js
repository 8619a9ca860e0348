'use strict';

// The page knows nothing but the document. Whatever it shows goes in as text, never as markup; the access token is held
// in memory alone.
let token = '';
const $ = (id) => document.getElementById(id);

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  node.append(...children.filter((c) => c !== undefined && c !== null));
  return node;
}

const pretty = (value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

function typeOf(schema, doc) {
  if (schema.$ref) return schema.$ref.split('/').pop();
  if (schema.anyOf) return schema.anyOf.map((s) => typeOf(s, doc)).join(' or ');
  let text = [].concat(schema.type || 'any').join(' or ');
  if (schema.items) text = 'list of ' + typeOf(schema.items, doc);
  if (schema.enum) text += ': ' + schema.enum.join(', ');
  if (schema.minimum !== undefined || schema.maximum !== undefined) text += ` (${schema.minimum ?? ''}..${schema.maximum ?? ''})`;
  return text;
}

function fieldRows(schema, doc, depth) {
  const target = schema.$ref ? doc.components.schemas[schema.$ref.split('/').pop()] : schema;
  const rows = [];
  for (const [name, field] of Object.entries((target && target.properties) || {})) {
    rows.push(el('tr', {}, el('td', {}, el('code', {}, '\u00a0'.repeat(2 * depth) + name)), el('td', {}, typeOf(field, doc)), el('td', {}, field.description || '')));
    const inner = field.$ref ? field : field.items && field.items.$ref ? field.items : null;
    if (inner && depth < 2) rows.push(...fieldRows(inner, doc, depth + 1));
  }
  return rows;
}

function fieldTable(schema, doc) {
  const rows = fieldRows(schema, doc, 0);
  return rows.length ? el('table', {}, ...rows) : null;
}

function trial(method, path, op, inputs, body) {
  const out = el('pre', { class: 'hidden' });
  const button = el('button', { type: 'button' }, 'Try it');
  button.addEventListener('click', async () => {
    let url = path;
    const query = new URLSearchParams();
    const headers = token ? { Authorization: 'Bearer ' + token } : {};
    for (const [p, input] of inputs) {
      if (p.in === 'path') url = url.replace('{' + p.name + '}', encodeURIComponent(input.value));
      else if (input.value !== '' && p.in === 'query') query.set(p.name, input.value);
      else if (input.value !== '') headers[p.name] = input.value;
    }
    if (query.size) url += '?' + query;
    if (body) headers['Content-Type'] = 'application/json';
    out.classList.remove('hidden');
    out.textContent = '...';
    try {
      const answer = await fetch(url, { method: method.toUpperCase(), headers, body: body ? body.value : undefined });
      const text = await answer.text();
      let shown = text;
      try { shown = pretty(JSON.parse(text)); } catch (_) { /* no JSON: shown as it is */ }
      out.textContent = answer.status + ' ' + answer.statusText + '\n' + shown;
    } catch (err) {
      out.textContent = String(err);
    }
  });
  return [button, out];
}

function operation(method, path, op, doc) {
  const box = el('details', { 'data-words': (method + ' ' + path + ' ' + op.summary).toLowerCase() },
    el('summary', {}, el('span', { class: 'method' }, method.toUpperCase()), el('code', {}, path), ' ', op.summary),
    el('p', {}, op.description || 'Open to everybody.'));
  const inputs = [];
  if (op.parameters) {
    box.append(el('h4', {}, 'Parameters'), el('table', {}, ...op.parameters.map((p) => {
      const input = el('input', { 'aria-label': p.name, placeholder: pretty(p.example ?? '') });
      if (p.required) input.value = pretty(p.example ?? '');
      inputs.push([p, input]);
      return el('tr', {}, el('td', {}, el('code', {}, p.name), ' ', p.in), el('td', {}, typeOf(p.schema, doc)), el('td', {}, p.description), el('td', {}, input));
    })));
  }
  let body = null;
  if (op.requestBody) {
    const media = op.requestBody.content['application/json'];
    body = el('textarea', { 'aria-label': 'body', spellcheck: 'false' });
    body.value = pretty(media.example);
    box.append(el('h4', {}, 'Body'), body, fieldTable(media.schema, doc));
  }
  box.append(...trial(method, path, op, inputs, body));
  for (const [status, answer] of Object.entries(op.responses)) {
    const [media] = Object.values(answer.content || {});
    if (!media) continue;
    const fields = fieldTable(media.schema, doc);
    box.append(el('h4', {}, status + ' ' + answer.description), el('pre', {}, pretty(media.example)));
    if (fields) box.append(el('details', {}, el('summary', {}, 'Fields'), fields));
  }
  return box;
}

async function show() {
  const doc = await (await fetch('/openapi.json')).json();
  $('about').textContent = doc.info.description;
  const sections = new Map();
  for (const [path, item] of Object.entries(doc.paths)) {
    for (const [method, op] of Object.entries(item)) {
      const tag = op.tags[0];
      if (!sections.has(tag)) sections.set(tag, el('section', {}, el('h2', {}, tag)));
      sections.get(tag).append(operation(method, path, op, doc));
    }
  }
  $('routes').replaceChildren(...sections.values());
}

$('find').addEventListener('input', () => {
  const words = $('find').value.toLowerCase().split(/\s+/);
  for (const box of document.querySelectorAll('details[data-words]')) {
    box.classList.toggle('hidden', !words.every((w) => box.dataset.words.includes(w)));
  }
});

$('sign-in').addEventListener('submit', async (event) => {
  event.preventDefault();
  const answer = await fetch('/api/auth/login', { method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: $('email').value, password: $('password').value }) });
  const said = await answer.json();
  token = answer.ok ? said.access_token : '';
  $('password').value = '';
  $('who').textContent = answer.ok ? said.user.email + ' (' + said.user.role + '), for ' + said.expires_in / 60 + ' minutes' : said.detail;
});

show().catch((err) => { $('routes').textContent = String(err); });
