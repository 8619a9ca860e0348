package news

import (
	"math"
	"math/bits"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// EmbedderVersion names the built-in embedder: hashed character 2- and 3-grams, version 1, with a flat idf. Any change
// of Embed is a new version: vectors of different versions cannot be compared, and every stored one must be rebuilt.
const EmbedderVersion = "hash-c23-v1/flat"

// Dim is the length of the built-in embedder's vectors. A power of two.
const Dim = 512

const (
	titleWeight = 3  // how often a title counts beside its summary
	maxTag      = 14 // runes between square brackets that are a tag ("[속보]") and say nothing of the story
)

// Embed returns the unit vector, Dim long, of an article's title and summary, nil when neither holds a letter, a digit
// or a percent sign. It is a function of its arguments alone and safe for concurrent use.
//
// Per word padded with "_", every run of two and of three runes is counted, three times over for the title; a run that
// counts c adds 1+ln(c), with a sign and a place taken from its hash (Weinberger et al., 2009).
func Embed(title, summary string) []float32 { return Embedder{}.Embed(title, summary) }

// gramsOf counts the runs of an article, nil when it has none.
func gramsOf(title, summary string) *gramCounts {
	t, s := words(title), words(summary)
	if len(t)+len(s) == 0 {
		return nil
	}
	counts := newGramCounts(2 * (len(t) + len(s)))
	counts.addAll(t, titleWeight)
	counts.addAll(s, 1)
	return &counts
}

// Cosine returns the cosine of two unit vectors, 0 when their lengths differ.
func Cosine(a, b []float32) float64 {
	if len(a) != len(b) {
		return 0
	}
	var sum float64
	for i, v := range a {
		sum += float64(v) * float64(b[i])
	}
	return sum
}

// words returns the words of s, each between two "_": folded to compatibility forms and lower case, tags and the
// commas within numbers dropped, parted by anything that is no letter, digit or percent sign.
func words(s string) []rune {
	runes := []rune(strings.ToLower(norm.NFKC.String(s)))
	out, within := make([]rune, 0, len(runes)+len(runes)/2+2), false
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '%':
			if !within {
				out, within = append(out, '_'), true
			}
			out = append(out, r)
			continue
		case r == ',' && within && unicode.IsDigit(runes[i-1]) && i+1 < len(runes) && unicode.IsDigit(runes[i+1]):
			continue
		case r == '[':
			i = max(i, tagEnd(runes, i))
		}
		if within {
			out, within = append(out, '_'), false
		}
	}
	if within {
		out = append(out, '_')
	}
	return out
}

// tagEnd returns where the short tag that opens at i closes, 0 when there is none.
func tagEnd(runes []rune, i int) int {
	for j := i + 1; j < len(runes) && j <= i+1+maxTag; j++ {
		if runes[j] == ']' {
			return j
		}
	}
	return 0
}

// gramCounts counts n-grams by hash: an open-addressed table, made large enough never to grow.
type gramCounts struct {
	hash  []uint64 // 0 is an empty slot
	count []int32
	mask  uint64
}

func newGramCounts(grams int) gramCounts {
	size := 1 << bits.Len(uint(2*grams))
	return gramCounts{hash: make([]uint64, size), count: make([]int32, size), mask: uint64(size - 1)} // #nosec G115 -- a size from 1
}

// addAll counts the 2- and 3-grams of padded words that stand one behind the other.
func (g *gramCounts) addAll(padded []rune, weight int32) {
	for i := 0; i+1 < len(padded); i++ {
		if padded[i] == '_' && padded[i+1] == '_' {
			continue // between two words
		}
		two := hashRune(hashRune(fnvOffset, padded[i]), padded[i+1])
		g.add(finish(two), weight)
		if i+2 < len(padded) && padded[i+1] != '_' {
			g.add(finish(hashRune(two, padded[i+2])), weight)
		}
	}
}

func (g *gramCounts) add(h uint64, weight int32) {
	h |= 1 << 63 // never 0; neither the sign (bit 0) nor the place (bits 1-9) is taken from here
	at := (h >> 20) & g.mask
	for g.hash[at] != 0 && g.hash[at] != h {
		at = (at + 1) & g.mask
	}
	g.hash[at] = h
	g.count[at] += weight
}

// vector returns the unit vector of the counts, each weighed by idf where there is one.
func (g *gramCounts) vector(idf *IDF) []float32 {
	var sums [Dim]float64
	for i, h := range g.hash {
		if h == 0 {
			continue
		}
		w := logWeight(g.count[i])
		if idf != nil {
			w *= idf.weight(h)
		}
		if h&1 != 0 {
			w = -w
		}
		sums[(h>>1)%Dim] += w
	}
	var square float64
	for _, v := range sums {
		square += v * v
	}
	if square == 0 {
		return nil
	}
	out, norm := make([]float32, Dim), 1/math.Sqrt(square)
	for i, v := range sums {
		out[i] = float32(v * norm)
	}
	return out
}

// logWeight returns 1+ln(count).
func logWeight(count int32) float64 {
	switch count {
	case 1:
		return 1
	case titleWeight:
		return 1 + ln3
	}
	return 1 + math.Log(float64(count))
}

const (
	ln3       = 1.09861228866810969139524523692252570464749055782275
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// hashRune adds a rune's UTF-8 bytes to an FNV-1a hash.
func hashRune(h uint64, r rune) uint64 {
	switch {
	case r < 0x80:
		return (h ^ uint64(r)) * fnvPrime // #nosec G115 -- a rune is not negative
	case r < 0x800:
		h = (h ^ uint64(0xC0|r>>6)) * fnvPrime // #nosec G115 -- a rune is not negative
	case r < 0x10000:
		h = (h ^ uint64(0xE0|r>>12)) * fnvPrime     // #nosec G115 -- a rune is not negative
		h = (h ^ uint64(0x80|r>>6&0x3F)) * fnvPrime // #nosec G115 -- a rune is not negative
	default:
		h = (h ^ uint64(0xF0|r>>18)) * fnvPrime      // #nosec G115 -- a rune is not negative
		h = (h ^ uint64(0x80|r>>12&0x3F)) * fnvPrime // #nosec G115 -- a rune is not negative
		h = (h ^ uint64(0x80|r>>6&0x3F)) * fnvPrime  // #nosec G115 -- a rune is not negative
	}
	return (h ^ uint64(0x80|r&0x3F)) * fnvPrime // #nosec G115 -- a rune is not negative
}

// finish is the finaliser of MurmurHash3: the low bits of FNV alone are weak.
func finish(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
