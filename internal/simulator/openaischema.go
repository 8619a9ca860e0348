package simulator

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
)

var schemaName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

const maxSchemaDepth = 24

// misfit is what is wrong with the schema at a path, in the service's words.
func misfit(path, format string, args ...any) error {
	return errors.New("In context=(" + path + "), " + fmt.Sprintf(format, args...))
}

// strict checks what OpenAI's strict mode wants of a schema: an object at the root, every property required, nothing
// else allowed, and no keyword outside of its subset.
func strict(schema map[string]any, path string, root bool) error {
	if strings.Count(path, "/") > maxSchemaDepth {
		return errors.New("too many levels of nesting")
	}
	if root && schema["type"] != "object" {
		return fmt.Errorf("schema must be a JSON Schema of 'type: \"object\"', got 'type: %v'", schema["type"])
	}
	for _, word := range []string{"allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties"} {
		if _, used := schema[word]; used {
			return misfit(path, "'%s' is not permitted", word)
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	if isObject := schema["type"] == "object"; isObject && schema["additionalProperties"] != false {
		return misfit(path, "'additionalProperties' is required to be supplied and to be false")
	}
	required, _ := schema["required"].([]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if !slices.Contains(required, any(name)) {
			return misfit(path, "'required' is required to be supplied and to be an array including every key in properties. "+
				"Missing '%s'", name)
		}
	}
	return strictBelow(schema, properties, path)
}

func strictBelow(schema, properties map[string]any, path string) error {
	below := map[string]any{"items": schema["items"]}
	for name, sub := range properties {
		below["properties/"+name] = sub
	}
	defs, _ := schema["$defs"].(map[string]any)
	for name, sub := range defs {
		below["$defs/"+name] = sub
	}
	choices, _ := schema["anyOf"].([]any)
	for i, sub := range choices {
		below["anyOf/"+itoa(i)] = sub
	}
	for _, name := range slices.Sorted(maps.Keys(below)) {
		if sub, ok := below[name].(map[string]any); ok {
			if err := strict(sub, path+"/"+name, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// inventor makes up a value that obeys a schema, always the same for the same text.
type inventor struct {
	root map[string]any
	text string
	made int // values so far
}

// maxValues bounds a reply: lists within lists multiply.
const maxValues = 5_000

// value returns a value for the schema at path. nth is its place in a list, so that the elements of one can differ in
// what tells them apart (a horizon).
func (v *inventor) value(schema map[string]any, path string, nth, depth int) (any, error) {
	if v.made++; depth > maxSchemaDepth || v.made > maxValues {
		return nil, errors.New("too many levels of nesting, or values")
	}
	if ref, ok := schema["$ref"].(string); ok {
		target, err := v.resolve(ref)
		if err != nil {
			return nil, err
		}
		return v.value(target, path, nth, depth+1)
	}
	if constant, ok := schema["const"]; ok {
		return constant, nil
	}
	if enum, ok := schema["enum"].([]any); ok && len(enum) > 0 {
		return enum[nth%len(enum)], nil
	}
	if choices, ok := schema["anyOf"].([]any); ok && len(choices) > 0 {
		if first, ok := choices[0].(map[string]any); ok {
			return v.value(first, path, nth, depth+1)
		}
	}
	switch kind := kindOf(schema); kind {
	case "object":
		return v.object(schema, path, nth, depth)
	case "array":
		return v.list(schema, path, depth)
	case "string":
		return within("모의 응답의 근거입니다.", schema), nil
	case "number", "integer":
		return v.number(schema, path, kind == "integer"), nil
	case "boolean":
		return v.draw(path) < 0.5, nil
	case "null":
		return nil, nil
	default:
		return nil, misfit(path, "schema must have a 'type' key that is known, got %q", kind)
	}
}

func (v *inventor) resolve(ref string) (map[string]any, error) {
	if ref == "#" {
		return v.root, nil
	}
	if name, ok := strings.CutPrefix(ref, "#/$defs/"); ok {
		defs, _ := v.root["$defs"].(map[string]any)
		if target, ok := defs[name].(map[string]any); ok {
			return target, nil
		}
	}
	return nil, fmt.Errorf("reference '%s' not found", ref)
}

// kindOf returns the type of a schema; of several the first that is not null.
func kindOf(schema map[string]any) string {
	switch kind := schema["type"].(type) {
	case string:
		return kind
	case []any:
		for _, k := range kind {
			if k, ok := k.(string); ok && k != "null" {
				return k
			}
		}
	}
	return ""
}

func (v *inventor) object(schema map[string]any, path string, nth, depth int) (any, error) {
	out := map[string]any{}
	properties, _ := schema["properties"].(map[string]any)
	for name, sub := range properties {
		inner, ok := sub.(map[string]any)
		if !ok {
			return nil, misfit(path, "property '%s' is no schema", name)
		}
		made, err := v.value(inner, path+"/"+name, nth, depth+1)
		if err != nil {
			return nil, err
		}
		out[name] = made
	}
	return out, nil
}

// list makes an element for each value of what tells its elements apart, else the fewest allowed, at least one.
func (v *inventor) list(schema map[string]any, path string, depth int) (any, error) {
	items, _ := schema["items"].(map[string]any)
	n := max(numberOr(schema["minItems"], 1), float64(choices(items)))
	n = min(n, numberOr(schema["maxItems"], maxValues), maxValues)
	out := []any{}
	for i := range int(max(n, 0)) {
		made, err := v.value(items, path+"/"+itoa(i), i, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, made)
	}
	return out, nil
}

// choices is the number of values of the enumerated property that has most of them, 0 without one.
func choices(items map[string]any) int {
	most := 0
	properties, _ := items["properties"].(map[string]any)
	for _, sub := range properties {
		if inner, ok := sub.(map[string]any); ok {
			enum, _ := inner["enum"].([]any)
			most = max(most, len(enum))
		}
	}
	return most
}

const maxLetters = 1_000

// within stretches and cuts a text to the schema's lengths.
func within(text string, schema map[string]any) string {
	runes := []rune(text)
	for float64(len(runes)) < min(numberOr(schema["minLength"], 0), maxLetters) {
		runes = append(runes, runes...)
	}
	most := min(max(numberOr(schema["maxLength"], maxLetters), 0), maxLetters)
	return string(runes[:min(len(runes), int(most))])
}

// number makes up a number between the schema's bounds. One that lies between 0 and 1, by its bounds or its name, is the
// probability of a rise: near what is usual, moved by the words of the text.
func (v *inventor) number(schema map[string]any, path string, whole bool) float64 {
	name := strings.ToLower(path[strings.LastIndexByte(path, '/')+1:])
	_, bounded := schema["maximum"]
	low, high := numberOr(schema["minimum"], 0), numberOr(schema["maximum"], 100)
	if !whole && (strings.Contains(name, "prob") || bounded && low >= 0 && high <= 1) {
		p := usualRise + perWord*float64(mood(v.text)) + jitter*(v.draw(path)-0.5)
		return min(max(math.Round(p*100)/100, low), min(high, 1))
	}
	n := low + v.draw(path)*(high-low)
	if whole {
		return math.Floor(n)
	}
	return math.Round(n*100) / 100
}

const (
	usualRise = 0.45 // how often a stock beats the others
	perWord   = 0.03
	jitter    = 0.04
	maxMood   = 5
)

// mood is how many more good words than bad ones a text holds, within -maxMood to maxMood.
func mood(text string) int {
	n := 0
	for _, word := range []string{"수주", "호실적", "흑자", "증가", "상승", "급등", "최대", "돌파", "승인", "증설", "자사주"} {
		n += strings.Count(text, word)
	}
	for _, word := range []string{"적자", "감소", "하락", "급락", "소송", "횡령", "리콜", "취소", "중단", "유상증자"} {
		n -= strings.Count(text, word)
	}
	return min(max(n, -maxMood), maxMood)
}

// draw returns a number from 0 to 1, below 1, that depends on the text and the place in the reply only.
func (v *inventor) draw(path string) float64 {
	return source(int64(textSeed(v.text)), "openai"+path, 0).Float64() // #nosec G115 -- a seed: any bits will do
}

func numberOr(v any, absent float64) float64 {
	if n, ok := v.(float64); ok {
		return n
	}
	return absent
}
