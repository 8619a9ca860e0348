package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

const (
	maxSearched = 256 << 10 // bytes of a reply in which JSON is looked for
	maxAttempts = 64        // opening braces that are tried
)

var schemaName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// Schema is the form that a reply must have. It is safe for concurrent use.
type Schema struct {
	name     string
	text     json.RawMessage
	compiled *jsonschema.Schema
}

// NewSchema returns the schema of the given name, 1 to 64 letters, digits, "_" or "-", and JSON Schema (2020-12) text.
// Strict mode wants more of it: an object at its root, every property required, additionalProperties false throughout.
// Errors: Invalid.
func NewSchema(name string, text []byte) (*Schema, error) {
	if !schemaName.MatchString(name) {
		return nil, fault.New(fault.Invalid, "openai: %q is no name of a schema", name)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fault.New(fault.Invalid, "openai: schema %s: %w", name, err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(jsonschema.SchemeURLLoader{}) // a schema stands alone: nothing is loaded for it
	const address = "schema:reply"
	if err := c.AddResource(address, doc); err != nil {
		return nil, fault.New(fault.Invalid, "openai: schema %s: %w", name, err)
	}
	compiled, err := c.Compile(address)
	if err != nil {
		return nil, fault.New(fault.Invalid, "openai: schema %s: %w", name, err)
	}
	return &Schema{name: name, text: bytes.Clone(text), compiled: compiled}, nil
}

// check returns what is wrong with a JSON value, briefly. Numbers are read as float64, which refuses 1e9999999: the
// validator would compute with it, and panics.
func (s *Schema) check(value []byte) error {
	var decoded any
	if err := json.Unmarshal(value, &decoded); err != nil {
		return err
	}
	if name, twice := repeated(json.NewDecoder(bytes.NewReader(value))); twice {
		return fmt.Errorf("%q stands twice in one object", upstream.Brief(name))
	}
	if err := s.compiled.Validate(decoded); err != nil {
		_, why, _ := strings.Cut(err.Error(), "\n") // the first line names the schema
		return errors.New(upstream.Brief(strings.TrimPrefix(why, "- ")))
	}
	return nil
}

// repeated returns a name that one object of the next value holds twice: of such two, readers take one or the other, so that
// what was checked need not be what is read. The value must be valid.
func repeated(dec *json.Decoder) (name string, twice bool) {
	token, err := dec.Token()
	if err != nil {
		return "", false
	}
	open, nested := token.(json.Delim)
	if !nested {
		return "", false
	}
	names := map[string]bool{}
	for dec.More() {
		if open == '{' {
			token, err := dec.Token()
			if err != nil {
				return "", false
			}
			name, _ := token.(string)
			if names[name] {
				return name, true
			}
			names[name] = true
		}
		if name, twice := repeated(dec); twice {
			return name, true
		}
	}
	_, err = dec.Token() // the end of it, there since the value is valid
	return "", err != nil
}

// find returns the JSON in a reply that obeys the schema: the whole reply, or, where the model wrote around it (a code
// fence, a sentence, its thoughts), the one object in it that does. loose says that it was the latter. Two different
// ones are Twofold: one of them may be quoted from an article.
func (s *Schema) find(reply string) (value json.RawMessage, loose bool, flaw Flaw, err error) {
	reply = strings.TrimSpace(reply)
	if json.Valid([]byte(reply)) {
		if err := s.check([]byte(reply)); err != nil {
			return nil, false, OffSchema, err
		}
		return json.RawMessage(reply), false, "", nil
	}
	if len(reply) > maxSearched {
		return nil, false, NotJSON, fmt.Errorf("a reply of %d bytes is no JSON", len(reply))
	}
	var wrong error
	for _, object := range objects(reply) {
		switch err := s.check(object); {
		case err != nil:
			wrong = err
		case value != nil && !bytes.Equal(value, object):
			return nil, false, Twofold, errors.New("the reply holds two different answers")
		default:
			value = object
		}
	}
	switch {
	case value != nil:
		return value, true, "", nil
	case wrong != nil:
		return nil, false, OffSchema, wrong
	}
	return nil, false, NotJSON, errors.New("the reply holds no JSON object")
}

// objects returns the JSON objects in a text, compact, without those inside of others and what a model thought aloud.
func objects(text string) []json.RawMessage {
	if _, after, found := strings.Cut(text, "</think>"); found && strings.HasPrefix(text, "<think>") {
		text = after
	}
	var found []json.RawMessage
	for range maxAttempts {
		at := strings.IndexByte(text, '{')
		if at < 0 {
			break
		}
		text = text[at:]
		var object json.RawMessage
		dec := json.NewDecoder(strings.NewReader(text))
		if err := dec.Decode(&object); errors.Is(err, io.ErrUnexpectedEOF) {
			break // cut short: what follows lies within it
		} else if err != nil {
			text = text[1:]
			continue
		}
		text = text[dec.InputOffset():]
		var compact bytes.Buffer
		if json.Compact(&compact, object) == nil {
			found = append(found, compact.Bytes())
		}
	}
	return found
}
