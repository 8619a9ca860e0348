package handlers

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"unicode"
)

// object is a JSON object of the document; its keys are written in order, so the document is the same every time.
type object map[string]any

// document writes the OpenAPI 3.1 document of the table. It is made of the same structs and rules that requests are
// bound and checked with, so the two cannot differ. It fails on a route or a field that is not described.
func document(routes []route) ([]byte, error) {
	d := documenter{schemas: object{}}
	paths := object{}
	for _, r := range routes {
		operation, err := d.operation(r)
		if err != nil {
			return nil, fmt.Errorf("handlers: %s %s: %w", r.method, r.path, err)
		}
		item, ok := paths[r.path].(object)
		if !ok {
			item = object{}
			paths[r.path] = item
		}
		item[strings.ToLower(r.method)] = operation
	}
	problemRef, err := d.schema(reflect.TypeFor[problem]())
	if err != nil {
		return nil, err
	}
	refusal, err := example(reflect.TypeFor[problem](), 0)
	if err != nil {
		return nil, err
	}
	return json.Marshal(object{
		"openapi": "3.1.0",
		"info": object{"title": "Tickerwire", "version": "1",
			"description": "What the Korean market's news does to its stocks: probabilities beside their base rates, never advice. " +
				"Problems are told in Korean to whom Accept-Language prefers it, else in English."},
		"servers":  []object{{"url": "/"}},
		"paths":    paths,
		"security": []object{{"bearer": []string{}}},
		"components": object{
			"schemas":         d.schemas,
			"securitySchemes": object{"bearer": object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
			"responses": object{"Problem": object{"description": "Anything but a success.", "headers": problemHeaders(),
				"content": object{mimeProblem: object{"schema": problemRef, "example": refusal}}}},
		},
	})
}

// problemHeaders are the headers that every problem has because of its language.
func problemHeaders() object {
	return object{
		"Content-Language": object{"description": "What title and detail are written in: ko where the request's Accept-Language prefers Korean to English, else en.",
			"required": true, "schema": object{"type": "string", "enum": []string{inEnglish.tag(), inKorean.tag()}}},
		"Vary": object{"description": "Has " + headerLanguage + ".", "required": true, "schema": object{"type": "string"}},
	}
}

type documenter struct {
	schemas object
}

func (d documenter) operation(r route) (object, error) {
	if r.summary == "" || !r.scope.known() {
		return nil, errors.New("it needs a summary and a known scope")
	}
	op := object{"operationId": operationID(r), "summary": r.summary, "tags": []string{tagOf(r.path)}, "x-scope": r.scope}
	if r.scope == scopeOpen {
		op["security"] = []object{}
	} else {
		op["description"] = "For the roles " + strings.Join(r.scope.roles(), ", ") + "."
	}
	fields, err := fieldsOf(r.req)
	if err != nil {
		return nil, err
	}
	var parameters []object
	var body []field
	for _, f := range fields {
		if f.in == inBody {
			body = append(body, f)
			continue
		}
		schema, err := d.fieldSchema(f)
		if err != nil {
			return nil, err
		}
		delete(schema, "description")
		parameter := object{"name": f.name, "in": f.in, "description": f.doc, "schema": schema, "required": f.in == inPath || f.required}
		if f.sample != noSample {
			if parameter["example"], err = f.example(0); err != nil {
				return nil, err
			}
		}
		parameters = append(parameters, parameter)
	}
	if r.proof.header != "" {
		parameters = append(parameters, object{"name": r.proof.header, "in": "header", "description": r.proof.doc, "required": true,
			"schema": object{"type": "string"}, "example": "a-long-secret"})
		op["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": object{"type": "object"}, "example": json.RawMessage(r.proof.sample)}}}
	}
	if len(parameters) > 0 {
		op["parameters"] = parameters
	}
	if len(body) > 0 {
		schema, err := d.schema(r.req)
		if err != nil {
			return nil, err
		}
		sample, err := example(r.req, 0)
		if err != nil {
			return nil, err
		}
		op["requestBody"] = object{"required": anyRequired(body), "content": object{"application/json": object{"schema": schema, "example": sample}}}
	}
	op["responses"], err = d.responses(r)
	return op, err
}

func (d documenter) responses(r route) (object, error) {
	out := object{"default": object{"$ref": "#/components/responses/Problem"}}
	for _, status := range r.statuses {
		answer := object{"description": http.StatusText(status)}
		if status != http.StatusNoContent {
			if r.isStream() {
				answer["content"] = object{mimeEvents: object{"schema": object{"type": "string"}, "example": sampleStream}}
				out[strconv.Itoa(status)] = answer
				continue
			}
			schema, err := d.schema(r.resp)
			if err != nil {
				return nil, err
			}
			sample, err := example(r.resp, 0)
			if err != nil {
				return nil, err
			}
			answer["content"] = object{"application/json": object{"schema": schema, "example": sample}}
		}
		out[strconv.Itoa(status)] = answer
	}
	return out, nil
}

// fieldSchema is the schema of a field with its rules.
func (d documenter) fieldSchema(f field) (object, error) {
	schema, err := d.schema(f.typ)
	if err != nil {
		return nil, err
	}
	if ref := schema["$ref"]; ref != nil {
		return object{"$ref": ref, "description": f.doc}, nil
	}
	schema["description"] = f.doc
	t := f.typ
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	least, most := "minimum", "maximum"
	switch t.Kind() {
	case reflect.String:
		least, most = "minLength", "maxLength"
	case reflect.Slice:
		least, most = "minItems", "maxItems"
	}
	if f.min != nil {
		schema[least] = *f.min
	}
	if f.max != nil {
		schema[most] = *f.max
	}
	number := t.Kind() == reflect.Int || t.Kind() == reflect.Int64
	if f.fallback != "" {
		schema["default"] = wireValue(f.fallback, t)
	}
	if len(f.enum) > 0 {
		values := make([]any, len(f.enum))
		for i, v := range f.enum {
			values[i] = v
			if number {
				values[i] = json.Number(v)
			}
		}
		if f.typ.Kind() == reflect.Pointer {
			values = append(values, nil)
		}
		schema["enum"] = values
	}
	return schema, nil
}

func wireValue(text string, t reflect.Type) any {
	if t.Kind() == reflect.String || isLeaf(t) && t.Kind() == reflect.Struct {
		return text
	}
	return json.RawMessage(text)
}

// tagOf is the first part of a path that says something.
func tagOf(path string) string {
	parts := strings.Split(strings.TrimPrefix(strings.TrimPrefix(path, "/"), "api/"), "/")
	return strings.TrimSuffix(parts[0], ".json")
}

// operationID turns GET /api/stocks/{code}/prices into getStocksByCodePrices.
func operationID(r route) string {
	var b strings.Builder
	b.WriteString(strings.ToLower(r.method))
	for part := range strings.SplitSeq(strings.TrimPrefix(r.path, "/api"), "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			part = "By-" + strings.TrimSuffix(name, "}")
		}
		for word := range strings.FieldsFuncSeq(part, func(c rune) bool { return !unicode.IsLetter(c) }) {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

func anyRequired(fields []field) bool {
	for _, f := range fields {
		if f.required {
			return true
		}
	}
	return false
}
