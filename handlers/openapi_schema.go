package handlers

import (
	"fmt"
	"reflect"
	"strings"
)

// schema is the JSON schema of a type as it stands on the wire. Named structs become components.
func (d documenter) schema(t reflect.Type) (object, error) {
	switch t {
	case typeTime, typeInstant:
		return object{"type": "string", "format": "date-time"}, nil
	case typeDay, typeDate:
		return object{"type": "string", "format": "date"}, nil
	case typeCode:
		return object{"type": "string", "pattern": "^[0-9A-Z]{6}$"}, nil
	case typePct:
		return object{"type": []string{"number", "null"}}, nil
	case typeRaw:
		return object{}, nil
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}, nil
	case reflect.Bool:
		return object{"type": "boolean"}, nil
	case reflect.Int:
		return object{"type": "integer"}, nil
	case reflect.Int64:
		return object{"type": "integer", "format": "int64"}, nil
	case reflect.Float64:
		return object{"type": "number"}, nil
	case reflect.Pointer:
		return d.nullable(t.Elem())
	case reflect.Slice:
		items, err := d.schema(t.Elem())
		return object{"type": "array", "items": items}, err
	case reflect.Map:
		values, err := d.schema(t.Elem())
		return object{"type": "object", "additionalProperties": values}, err
	case reflect.Struct:
		return d.structSchema(t)
	}
	return nil, fmt.Errorf("type %s cannot be described", t)
}

func (d documenter) nullable(t reflect.Type) (object, error) {
	schema, err := d.schema(t)
	if err != nil {
		return nil, err
	}
	if name, ok := schema["type"].(string); ok {
		schema["type"] = []string{name, "null"}
		return schema, nil
	}
	return object{"anyOf": []object{schema, {"type": "null"}}}, nil
}

// structSchema describes the fields that travel in JSON. In an answer all of them are there; in a request those are
// required that say so.
func (d documenter) structSchema(t reflect.Type) (object, error) {
	name := componentName(t)
	ref := object{"$ref": "#/components/schemas/" + name}
	if d.schemas[name] != nil {
		return ref, nil
	}
	d.schemas[name] = object{} // a type that holds itself finds its name here
	fields, err := fieldsOf(t)
	if err != nil {
		return nil, err
	}
	properties, required := object{}, []string{}
	isRequest := strings.HasSuffix(t.Name(), "Request")
	for _, f := range fields {
		if f.in != inBody {
			continue
		}
		if properties[f.name], err = d.fieldSchema(f); err != nil {
			return nil, err
		}
		if f.required || !isRequest {
			required = append(required, f.name)
		}
	}
	d.schemas[name] = object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	return ref, nil
}

// componentName turns storyItem into StoryItem and page[...storyItem] into StoryItemPage.
func componentName(t reflect.Type) string {
	name := t.Name()
	if outer, inner, ok := strings.Cut(name, "["); ok {
		inner = strings.TrimSuffix(inner, "]")
		name = inner[strings.LastIndex(inner, ".")+1:] + strings.ToUpper(outer[:1]) + outer[1:]
	}
	return strings.ToUpper(name[:1]) + name[1:]
}
