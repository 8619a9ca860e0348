package forecast

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// SealVersion is how contents are hashed now. A row is verified by the version that it was sealed with.
const SealVersion = 1

// Digest is a SHA-256.
type Digest [sha256.Size]byte

// content is all of a prediction that is sealed, in an order that never changes. Numbers are written so that they read
// back to the same bits, times in UTC to the microsecond, as Postgres keeps them.
type content struct {
	ID, StoryID, CallID, ModelID int64
	Code                         string
	Horizon, Generation          int
	AsOf, MadeAt                 string
	Probability, Raw, BaseRate   string
	CalibrationID                int64
	ExpectedPct, LowPct, HighPct string
	Late                         bool
	Origin, Note                 string
	Query                        int64
	Embedder, Effective          string
	PanelDays                    int
	Neighbours                   []contentNeighbour
}

type contentNeighbour struct {
	ArticleID, StoryID              int64
	Code, Cosine, Weight, TargetDay string
	ExcessPct, KnownAt              string
}

// ContentHash names everything that a kept prediction says, and what it rests on. Version is one of 1..SealVersion.
func ContentHash(version int, p Prediction) (Digest, error) {
	if version != SealVersion {
		return Digest{}, fmt.Errorf("contents of version %d cannot be hashed", version)
	}
	c := content{ID: p.ID, StoryID: p.StoryID, CallID: p.CallID, ModelID: p.ModelID, Code: string(p.Code), Horizon: p.Horizon,
		Generation: p.Generation, AsOf: stamp(p.AsOf), MadeAt: stamp(p.MadeAt), Probability: exact(p.Probability), Raw: exact(p.Raw), CalibrationID: p.CalibrationID, BaseRate: exact(p.BaseRate),
		ExpectedPct: exact(p.ExpectedPct), LowPct: exact(p.LowPct), HighPct: exact(p.HighPct), Late: p.Late, Origin: string(p.Origin),
		Note: p.Note, Query: p.Evidence.Query, Embedder: p.Evidence.Embedder, Effective: exact(p.Evidence.Effective),
		PanelDays: p.Evidence.PanelDays}
	for _, n := range p.Evidence.Neighbours {
		c.Neighbours = append(c.Neighbours, contentNeighbour{ArticleID: n.ArticleID, StoryID: n.StoryID, Code: string(n.Code),
			Cosine: exact(n.Cosine), Weight: exact(n.Weight), TargetDay: n.TargetDay.String(), ExcessPct: exact(n.ExcessPct), KnownAt: stamp(n.KnownAt)})
	}
	text, err := json.Marshal(c)
	if err != nil {
		return Digest{}, fmt.Errorf("hash prediction %d: %w", p.ID, err)
	}
	return sha256.Sum256(text), nil
}

func exact(v float64) string { return strconv.FormatFloat(v+0, 'g', -1, 64) } // -0 is kept as 0 by json

func stamp(t time.Time) string {
	return t.UTC().Truncate(time.Microsecond).Format("2006-01-02T15:04:05.000000Z")
}

// Head is what a seal is known by: the SHA-256 of its number, its version, the head before and the hashes in it. Whoever
// kept a head can tell that nothing under it, nor before it, has changed.
func Head(number int64, version int, previous Digest, hashes []Digest) Digest {
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(number)))  // #nosec G115 -- numbers from 1
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(version))) // #nosec G115 -- numbers from 1
	h.Write(previous[:])
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(hashes))))
	for _, hash := range hashes {
		h.Write(hash[:])
	}
	return Digest(h.Sum(nil))
}
