package handlers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// spec is the document with its schemas compiled.
type spec struct {
	*testing.T
	raw     map[string]any
	schemas *jsonschema.Compiler
}

func (s *site) spec() spec {
	s.Helper()
	got := s.get("", "/openapi.json").want(http.StatusOK)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(got.body))
	must(s, err)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	must(s, c.AddResource("mem:///openapi.json", doc))
	return spec{T: s.T, raw: got.object(), schemas: c}
}

// at follows keys into the document.
func (d spec) at(keys ...string) any {
	d.Helper()
	var v any = d.raw
	for _, k := range keys {
		m, _ := v.(map[string]any)
		if v = m[k]; v == nil {
			d.Fatalf("the document has no %s", strings.Join(keys, " > "))
		}
	}
	return v
}

// check validates an answer against what the document says of it.
func (d spec) check(method, template string, a answer) {
	d.Helper()
	status, media := fmt.Sprint(a.status), "application/json"
	responses := d.at("paths", template, strings.ToLower(method), "responses").(map[string]any)
	pointer := "/paths/" + escape(template) + "/" + strings.ToLower(method) + "/responses/" + status
	if responses[status] == nil {
		if a.status < 400 {
			d.Errorf("%s %s answers %s, which is not described", method, template, status)
			return
		}
		media, pointer = "application/problem+json", "/components/responses/Problem"
		for name, described := range d.at("components", "responses", "Problem", "headers").(map[string]any) {
			schema := described.(map[string]any)["schema"].(map[string]any)
			if allowed, ok := schema["enum"].([]any); a.header.Get(name) == "" || ok && !slices.Contains(allowed, any(a.header.Get(name))) {
				d.Errorf("%s %s: %s: the header %s is %q", method, template, status, name, a.header.Get(name))
			}
		}
	}
	if a.status == http.StatusNoContent {
		return
	}
	if got := a.header.Get("Content-Type"); got != media {
		d.Errorf("%s %s: %s answers %s", method, template, status, got)
	}
	schema, err := d.schemas.Compile("mem:///openapi.json#" + pointer + "/content/" + escape(media) + "/schema")
	must(d, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.body))
	must(d, err)
	if err := schema.Validate(value); err != nil {
		d.Errorf("%s %s: the answer is not as described: %v\n%s", method, template, err, a.body[:min(len(a.body), 800)])
	}
}

func escape(part string) string {
	part = strings.NewReplacer("~", "~0", "/", "~1").Replace(part)
	return strings.NewReplacer("{", "%7B", "}", "%7D").Replace(part)
}

func TestAnswersAreAsDescribed(t *testing.T) {
	t.Parallel()
	for _, stories := range []int{0, 6} {
		t.Run(fmt.Sprint(stories, " stories"), func(t *testing.T) {
			t.Parallel()
			s := open(t)
			if stories > 0 {
				seed(t, s.db, stories)
			}
			d := s.spec()
			admin, session := s.session(s.user("admin@example.com", "admin"))
			token := s.mint(admin, session.ID, nil)
			bodies := map[string]any{"/api/auth/login": map[string]string{"email": "admin@example.com", "password": password},
				"/api/tasks":                 map[string]any{"kind": "crawl", "params": map[string]string{"source": "한빛신문"}},
				"/api/predictions/repredict": map[string]any{"filter": map[string]any{"codes": []string{"100001"}}, "dry_run": stories == 0},
				"/api/auth/refresh":          map[string]string{"refresh_token": s.login("admin@example.com").Refresh},
				"/api/ab-test":               map[string]any{"name": "첫 실험", "model_a": 1, "model_b": 2, "horizon": 1},
				"/api/ab-test/1/stop":        map[string]string{"reason": "the question has gone"},
				"/api/watchlist":             map[string]any{"codes": []string{"100001"}, "all": true},
				"/api/alerts/rule":           map[string]any{"horizons": []int{1, 5}},
				"/api/alerts/rule/preview":   map[string]any{"direction": -1},
				"/api/auth/me":               map[string]string{"current_password": password, "password": "another long password"}}
			queries := map[string]string{"/api/alerts/why": "?story=1"}
			operations := s.operations()
			for _, method := range []string{"POST", "PUT", "GET", "PATCH", "DELETE"} {
				for _, op := range operations {
					if op.method != method || op.path == "/api/auth/logout" || strings.HasSuffix(op.path, "/events") {
						continue // a stream goes on: see TestARunIsFollowed
					}
					r := request{method: op.method, path: op.path + queries[op.path], token: token}
					if method != "GET" {
						r.body = bodies[op.path]
					}
					got := s.do(r)
					d.check(op.method, op.template, got)
					if stories > 0 && method == "GET" && got.status != http.StatusOK {
						t.Errorf("%s: %d", op.path, got.status)
					}
				}
			}
			d.check("GET", "/api/news", s.get(token, "/api/news?fold=false"))
			d.check("GET", "/api/news", s.get(token, "/api/news?limit=0"))
			d.check("GET", "/api/news", s.get("", "/api/news"))
			d.check("DELETE", "/api/tasks/{id}", s.do(request{method: "DELETE", path: "/api/tasks/1", token: token, body: map[string]string{"reason": "enough"}}))
			d.check("POST", "/api/auth/logout", s.do(request{method: "POST", path: "/api/auth/logout", token: token}))
		})
	}
}

func TestTheDocumentNamesEveryRoute(t *testing.T) {
	t.Parallel()
	s := open(t)
	d := s.spec()
	paths := d.at("paths").(map[string]any)
	parameter := regexp.MustCompile(`:(\w+)`)
	seen := 0
	for _, r := range s.echo.Routes() {
		if strings.HasPrefix(r.Path, "/monitor") || strings.HasPrefix(r.Path, "/docs") {
			continue // pages for people, and asynqmon's own interface below them
		}
		seen++
		item, _ := paths[parameter.ReplaceAllString(r.Path, "{$1}")].(map[string]any)
		if item[strings.ToLower(r.Method)] == nil {
			t.Errorf("%s %s is not in the document", r.Method, r.Path)
		}
	}
	if described := len(s.operations()); seen != described {
		t.Errorf("%d routes, %d described", seen, described)
	}
}

func TestTheDocumentIsOpenAPI31(t *testing.T) {
	t.Parallel()
	s := open(t)
	d := s.spec()
	if d.at("openapi") != "3.1.0" || d.at("info", "title") == "" || d.at("info", "version") == "" {
		t.Error("the head is incomplete")
	}
	ids := map[string]bool{}
	name := regexp.MustCompile(`\{(\w+)\}`)
	for template, item := range d.at("paths").(map[string]any) {
		for method, v := range item.(map[string]any) {
			op := v.(map[string]any)
			id, _ := op["operationId"].(string)
			if id == "" || ids[id] {
				t.Errorf("%s %s: operationId %q is empty or taken", method, template, id)
			}
			ids[id] = true
			if op["summary"] == "" || op["x-scope"] == "" || len(op["tags"].([]any)) == 0 || len(op["responses"].(map[string]any)) < 2 {
				t.Errorf("%s %s is not fully described", method, template)
			}
			declared := map[string]bool{}
			parameters, _ := op["parameters"].([]any)
			for _, p := range parameters {
				p := p.(map[string]any)
				if p["description"] == "" || p["schema"] == nil || p["in"] == "path" && p["required"] != true {
					t.Errorf("%s %s: parameter %v", method, template, p)
				}
				if p["in"] == "path" {
					declared[p["name"].(string)] = true
				}
			}
			for _, m := range name.FindAllStringSubmatch(template, -1) {
				if !declared[m[1]] {
					t.Errorf("%s %s: parameter %s is not declared", method, template, m[1])
				}
			}
		}
	}
	d.refs(d.raw, "#")
	for component, v := range d.at("components", "schemas").(map[string]any) {
		for field, property := range v.(map[string]any)["properties"].(map[string]any) {
			if text, _ := property.(map[string]any)["description"].(string); len(text) < 4 {
				t.Errorf("%s.%s is not described", component, field)
			}
		}
		if _, err := d.schemas.Compile("mem:///openapi.json#/components/schemas/" + component); err != nil {
			t.Errorf("%s: %v", component, err)
		}
	}
}

// refs follows every reference of the document.
func (d spec) refs(v any, where string) {
	d.Helper()
	switch v := v.(type) {
	case []any:
		for i, x := range v {
			d.refs(x, fmt.Sprint(where, "/", i))
		}
	case map[string]any:
		for k, x := range v {
			if ref, ok := x.(string); ok && k == "$ref" {
				d.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
				continue
			}
			d.refs(x, where+"/"+k)
		}
	}
}

// example checks a media type's example against its schema.
func (d spec) example(where string, content map[string]any, pointer string) {
	d.Helper()
	for media, v := range content {
		sample, ok := v.(map[string]any)["example"]
		if !ok {
			d.Errorf("%s has no example", where)
			continue
		}
		schema, err := d.schemas.Compile("mem:///openapi.json#" + pointer + "/content/" + escape(media) + "/schema")
		must(d, err)
		raw, err := json.Marshal(sample)
		must(d, err)
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		must(d, err)
		if err := schema.Validate(value); err != nil {
			d.Errorf("%s: the example is not as described: %v\n%s", where, err, raw)
		}
	}
}

func TestEveryRouteHasExamples(t *testing.T) {
	t.Parallel()
	d := open(t).spec()
	for template, item := range d.at("paths").(map[string]any) {
		for method, v := range item.(map[string]any) {
			where, pointer := strings.ToUpper(method)+" "+template, "/paths/"+escape(template)+"/"+method
			op := v.(map[string]any)
			if body, ok := op["requestBody"].(map[string]any); ok {
				d.example(where+", request", body["content"].(map[string]any), pointer+"/requestBody")
			}
			for status, answer := range op["responses"].(map[string]any) {
				if content, ok := answer.(map[string]any)["content"].(map[string]any); ok {
					d.example(where+", "+status, content, pointer+"/responses/"+status)
				} else if status != "204" && status != "default" {
					t.Errorf("%s: %s shows nothing", where, status)
				}
			}
			parameters, _ := op["parameters"].([]any)
			for _, p := range parameters {
				if p := p.(map[string]any); p["example"] == nil && p["name"] != "cursor" {
					t.Errorf("%s: parameter %v has no example", where, p["name"])
				}
			}
		}
	}
	d.example("a problem", d.at("components", "responses", "Problem", "content").(map[string]any), "/components/responses/Problem")
}

func TestTheDocumentIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	a, b := open(t), open(t)
	one, two := a.get("", "/openapi.json"), b.get("", "/openapi.json")
	if !bytes.Equal(one.body, two.body) || !json.Valid(one.body) {
		t.Error("two processes write different documents")
	}
}
