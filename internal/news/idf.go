package news

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"

	"tickerwire/internal/fault"
)

const (
	// IDFArticles is how many articles an idf is fitted on at least; before that all runs weigh the same.
	IDFArticles = 2000

	idfSlots = 1 << 16 // runs share a slot by hash
	idfScale = 1 << 14 // a stored weight is sqrt(idf) times this, so that every idf below 16 has a place in 16 bits

	// idfPrefix begins the version of every fitted embedder; the hash of its table follows.
	idfPrefix = "hash-c23-v1/idf-"
)

// IDF is a frozen table of how much a run of runes says: the root of its inverse document frequency, hashed into 65,536
// slots of 16 bits. Its version is named after what it holds, so a table can't change and keep its name.
type IDF struct {
	version string
	weights [idfSlots]uint16
}

// Version returns the embedder version that the table makes, e.g. "hash-c23-v1/idf-0123456789ab".
func (t *IDF) Version() string { return t.version }

// Bytes returns the table as it is stored: 65,536 little-endian 16-bit words.
func (t *IDF) Bytes() []byte {
	raw := make([]byte, 2*idfSlots)
	for i, w := range t.weights {
		binary.LittleEndian.PutUint16(raw[2*i:], w)
	}
	return raw
}

// weight returns the weight of a run by its hash. The slot is taken from bits that give neither sign nor place.
func (t *IDF) weight(h uint64) float64 { return float64(t.weights[idfSlot(h)]) / idfScale }

func idfSlot(h uint64) int { return int(h >> 40 % idfSlots) }

// ReadIDF returns the table that Bytes gave; a table that is not the one its version names is Invalid.
func ReadIDF(version string, raw []byte) (*IDF, error) {
	if got := idfVersion(raw); got != version || len(raw) != 2*idfSlots {
		return nil, fault.New(fault.Invalid, "the stored idf of %s is that of %s, %d bytes long", version, got, len(raw))
	}
	t := &IDF{version: version}
	for i := range t.weights {
		t.weights[i] = binary.LittleEndian.Uint16(raw[2*i:])
	}
	return t, nil
}

func idfVersion(raw []byte) string {
	sum := sha256.Sum256(raw)
	return idfPrefix + hex.EncodeToString(sum[:6])
}

// IDFFit counts in how many articles each slot's runs stand. The zero value is ready.
type IDFFit struct {
	articles int
	counts   [idfSlots]uint32
	last     [idfSlots]uint32 // the article that counted last, from 1
}

// Add counts an article; one without a vector doesn't count.
func (f *IDFFit) Add(title, summary string) {
	grams := gramsOf(title, summary)
	if grams == nil {
		return
	}
	f.articles++
	for _, h := range grams.hash {
		if slot := idfSlot(h); h != 0 && f.last[slot] != uint32(f.articles) { // #nosec G115 -- far fewer than 2^32 articles
			f.last[slot] = uint32(f.articles) // #nosec G115 -- far fewer than 2^32 articles
			f.counts[slot]++
		}
	}
}

// Articles returns how many articles were counted.
func (f *IDFFit) Articles() int { return f.articles }

// Freeze returns the table of what was counted: ln((N+1)/(df+1))+1 under a root.
func (f *IDFFit) Freeze() *IDF {
	t := &IDF{}
	for i, df := range f.counts {
		idf := math.Log(float64(f.articles+1)/float64(df+1)) + 1
		t.weights[i] = uint16(min(math.Round(math.Sqrt(idf)*idfScale), math.MaxUint16))
	}
	t.version = idfVersion(t.Bytes())
	return t
}

// Embedder is one version of the built-in embedder. The zero value is the flat one, EmbedderVersion.
type Embedder struct{ idf *IDF }

// FittedEmbedder returns the version in which every run weighs what t says.
func FittedEmbedder(t *IDF) Embedder { return Embedder{t} }

// Version names the embedder; vectors of different versions cannot be compared.
func (e Embedder) Version() string {
	if e.idf == nil {
		return EmbedderVersion
	}
	return e.idf.version
}

// Embed returns the unit vector of an article as the function Embed does, with this version's weights.
func (e Embedder) Embed(title, summary string) []float32 {
	grams := gramsOf(title, summary)
	if grams == nil {
		return nil
	}
	return grams.vector(e.idf)
}

// IsFitted reports whether an embedder version is a fitted one of ours.
func IsFitted(version string) bool { return strings.HasPrefix(version, idfPrefix) }
