package handlers

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Document returns the OpenAPI document as the API serves it, without an API.
func Document() ([]byte, error) { return document((&api{}).routes()) }

// TypeScript returns a typed client of the API, made from its document: an interface per schema, and a function per route
// over fetch, which throws a Problem where the answer is none of those described.
func TypeScript() ([]byte, error) {
	raw, err := Document()
	if err != nil {
		return nil, err
	}
	var doc tsDocument
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("handlers: read the document: %w", err)
	}
	var b strings.Builder
	b.WriteString(tsHead)
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		fmt.Fprintf(&b, "\nexport interface %s %s\n", name, doc.Components.Schemas[name].fields())
	}
	b.WriteString(tsClient)
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(doc.Paths[path])) {
			b.WriteString(doc.Paths[path][method].function(method, path))
		}
	}
	b.WriteString("  };\n}\n")
	return []byte(b.String()), nil
}

const tsHead = `// Made by "make client" from the OpenAPI document of handlers/routes.go. Not to be edited.
`

const tsClient = `
/** What is thrown where an answer is no success. Its detail is empty where the answer was not the API's own. */
export class ApiError extends Error {
  constructor(readonly problem: Problem, readonly retryAfter: number | null) {
    super(problem.detail);
    this.name = 'ApiError';
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

/** A typed client. send is fetch, or what adds a token to it. */
export function createClient(send: (url: string, init: RequestInit) => Promise<Response> = fetch, base = '') {
  async function request(method: string, path: string, query?: Query, body?: unknown, init?: RequestInit): Promise<Response> {
    const params = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined && value !== null) params.set(name, String(value));
    const url = base + path + (params.size > 0 ? '?' + params.toString() : '');
    const headers = new Headers(init?.headers);
    if (body !== undefined) headers.set('Content-Type', 'application/json');
    const answer = await send(url, { ...init, method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    if (answer.ok || answer.status === 304) return answer;
    const wait = answer.headers.get('Retry-After');
    const kind = answer.headers.get('Content-Type') ?? '';
    const problem: Problem = kind.includes('json')
      ? await answer.json()
      : { type: 'about:blank', title: answer.statusText, status: answer.status, detail: '', field: '', request_id: '' }; // from a proxy before the API
    throw new ApiError(problem, wait === null ? null : Number(wait));
  }
  async function call<T>(method: string, path: string, query?: Query, body?: unknown, init?: RequestInit): Promise<T> {
    const answer = await request(method, path, query, body, init);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  }
  return {
`

// tsDocument is what the generator reads of the document.
type tsDocument struct {
	Paths      map[string]map[string]tsOperation
	Components struct{ Schemas map[string]tsSchema }
}

type tsSchema struct {
	Ref        string `json:"$ref"`
	Type       any
	Enum       []any
	AnyOf      []tsSchema
	Items      *tsSchema
	Properties map[string]tsSchema
	Required   []string
	Additional any `json:"additionalProperties"`

	Description string
}

type tsOperation struct {
	ID         string `json:"operationId"`
	Summary    string
	Parameters []struct {
		Name, In string
		Required bool
		Schema   tsSchema
	}
	RequestBody *struct {
		Required bool
		Content  map[string]struct{ Schema tsSchema }
	}
	Responses map[string]struct {
		Content map[string]struct{ Schema tsSchema }
	}
}

// text is the type of a schema.
func (s tsSchema) text() string {
	switch {
	case s.Ref != "":
		return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	case len(s.AnyOf) > 0:
		return union(showAll(s.AnyOf, tsSchema.text))
	case len(s.Enum) > 0:
		return union(showAll(s.Enum, func(v any) string {
			raw, err := json.Marshal(v)
			if err != nil {
				return "never"
			}
			return string(raw)
		}))
	}
	switch kinds := s.Type.(type) {
	case string:
		return s.kind(kinds)
	case []any:
		return union(showAll(kinds, func(k any) string { return s.kind(fmt.Sprint(k)) }))
	}
	return "unknown"
}

func (s tsSchema) kind(name string) string {
	switch name {
	case "integer":
		return "number"
	case "array":
		return "Array<" + s.Items.text() + ">"
	case "object":
		if values, ok := s.Additional.(map[string]any); ok {
			var inner tsSchema
			if raw, err := json.Marshal(values); err == nil && json.Unmarshal(raw, &inner) == nil {
				return "Record<string, " + inner.text() + ">"
			}
		}
		return "Record<string, unknown>"
	}
	return name
}

func union(parts []string) string {
	parts = strings.Split(strings.Join(parts, " | "), " | ") // a part may be a union itself
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), " | ")
}

// fields is an object's type, written out.
func (s tsSchema) fields() string {
	var b strings.Builder
	b.WriteString("{\n")
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		if p.Description != "" {
			fmt.Fprintf(&b, "  /** %s */\n", strings.ReplaceAll(p.Description, "*/", "* /"))
		}
		fmt.Fprintf(&b, "  %s%s: %s;\n", name, optional(!slices.Contains(s.Required, name)), p.text())
	}
	return b.String() + "}"
}

func optional(is bool) string {
	if is {
		return "?"
	}
	return ""
}

// function is the client's function for a route: its path's values, then what it is asked with.
func (o tsOperation) function(method, path string) string {
	var args, query []string
	url := "'" + path + "'"
	needsQuery := false
	for _, p := range o.Parameters {
		switch p.In {
		case inPath:
			args = append(args, p.Name+": "+p.Schema.text())
			url = strings.ReplaceAll(url, "{"+p.Name+"}", "' + encodeURIComponent("+p.Name+") + '")
		case inQuery:
			query = append(query, p.Name+optional(!p.Required)+": "+p.Schema.text())
			needsQuery = needsQuery || p.Required
		}
	}
	passed := []string{"'" + strings.ToUpper(method) + "'", strings.TrimSuffix(url, " + ''"), "undefined", "undefined", "init"}
	if o.RequestBody != nil {
		args = append(args, "body"+optional(!o.RequestBody.Required && len(query) == 0)+": "+o.RequestBody.Content["application/json"].Schema.text())
		passed[3] = "body"
	}
	if len(query) > 0 {
		args = append(args, "query"+optional(!needsQuery)+": { "+strings.Join(query, "; ")+" }")
		passed[2] = "query"
	}
	answer, call := "void", "call"
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		for media, content := range o.Responses[status].Content {
			if answer = content.Schema.text(); media == mimeEvents {
				answer, call = "Response", "request"
			}
		}
		if status != "default" && answer != "void" {
			break
		}
	}
	if call == "call" {
		call = "call<" + answer + ">"
	}
	args = append(args, "init?: RequestInit")
	return fmt.Sprintf("    /** %s */\n    %s: (%s): Promise<%s> =>\n      %s(%s),\n", o.Summary, o.ID, strings.Join(args, ", "), answer, call, strings.Join(passed, ", "))
}
