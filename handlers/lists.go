package handlers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/store"
)

// pageQuery is the part of the query that every list has.
type pageQuery struct {
	Limit  int    `query:"limit" min:"1" max:"200" default:"50" doc:"How many items at most."`
	Cursor string `query:"cursor" max:"400" example:"-" doc:"The next_cursor of the page before, with the same filters."`
}

// page is one page of a list.
type page[T any] struct {
	Items      []T     `json:"items" doc:"The items of this page."`
	NextCursor *string `json:"next_cursor" doc:"Asks for the next page; null at the end of the list."`
}

// position is the place of an item in its list. Which parts are used depends on the list; all of them are total orders.
type position struct {
	store.Position
	Key string
}

// cursorVersion is the first byte of a cursor: a later layout gets another one, and old cursors are refused.
const cursorVersion = 1

const (
	cursorHead = 1 + 8 + 8 // version, time in microseconds as Postgres keeps it, id
	cursorMAC  = 12
)

// cursor writes a position so that only a list with the same route and filters takes it back.
func (a *api) cursor(call Call, p position) string {
	b := []byte{cursorVersion}
	b = binary.BigEndian.AppendUint64(b, uint64(p.At.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(p.ID)) // #nosec G115 -- a position comes back as it was, sign and all
	b = append(b, p.Key...)
	return base64.RawURLEncoding.EncodeToString(append(b, a.sealCursor(call, b)...))
}

// after reads the position that a list goes on behind; the zero position when there is no cursor.
func (a *api) after(call Call, q pageQuery) (position, error) {
	if q.Cursor == "" {
		return position{}, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(q.Cursor)
	if err != nil || len(b) < cursorHead+cursorMAC {
		return position{}, fault.InvalidField("cursor", "it is none of this list")
	}
	head, seal := b[:len(b)-cursorMAC], b[len(b)-cursorMAC:]
	if !hmac.Equal(seal, a.sealCursor(call, head)) || head[0] != cursorVersion {
		return position{}, fault.InvalidField("cursor", "it is none of this list, or the filters have changed")
	}
	return position{Position: store.Position{
		At: time.UnixMicro(int64(binary.BigEndian.Uint64(head[1:]))).UTC(), // #nosec G115 -- a position comes back as it was, sign and all
		ID: int64(binary.BigEndian.Uint64(head[9:])),                       // #nosec G115 -- a position comes back as it was, sign and all
	}, Key: string(head[cursorHead:])}, nil
}

func (a *api) sealCursor(call Call, head []byte) []byte {
	filters := call.request.URL.Query()
	filters.Del("cursor")
	filters.Del("limit")
	mac := hmac.New(sha256.New, a.cursors)
	mac.Write([]byte(call.request.URL.Path + "?" + filters.Encode() + "\n"))
	mac.Write(head)
	return mac.Sum(nil)[:cursorMAC]
}

// newPage makes a page of rows, of which one more than the limit was read to know whether the list goes on.
func newPage[Row, Item any](a *api, call Call, q pageQuery, rows []Row, at func(Row) position, show func(Row) Item) page[Item] {
	p := page[Item]{Items: make([]Item, 0, min(len(rows), q.Limit))}
	for _, row := range rows[:min(len(rows), q.Limit)] {
		p.Items = append(p.Items, show(row))
	}
	if len(rows) > q.Limit {
		next := a.cursor(call, at(rows[q.Limit-1]))
		p.NextCursor = &next
	}
	return p
}

// behind returns the rows after the position in a short list that is read whole, ordered by key.
func behind[Row any](rows []Row, after position, key func(Row) string) []Row {
	if after.Key == "" {
		return rows
	}
	for i, row := range rows {
		if key(row) > after.Key {
			return rows[i:]
		}
	}
	return nil
}
