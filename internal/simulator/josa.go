package simulator

import "strings"

// fill puts values into the {slots} of a sentence. A slot "{이/가}" is a particle: the form before the slash follows a
// syllable with a final consonant, the other one an open syllable.
func fill(sentence string, values map[string]string) string {
	var out strings.Builder
	for sentence != "" {
		before, rest, found := strings.Cut(sentence, "{")
		out.WriteString(before)
		if !found {
			break
		}
		slot, after, _ := strings.Cut(rest, "}")
		if closed, open, isParticle := strings.Cut(slot, "/"); isParticle {
			out.WriteString(particle(out.String(), closed, open))
		} else {
			out.WriteString(values[slot])
		}
		sentence = after
	}
	return out.String()
}

// particle chooses by the last syllable of text. "으로/로" takes the open form after ㄹ too.
func particle(text, closed, open string) string {
	runes := []rune(strings.TrimRight(text, "'\"”’)%"))
	if len(runes) == 0 {
		return open
	}
	final, known := finalOf(runes[len(runes)-1])
	switch {
	case !known || final == 0:
		return open
	case final == rieul && closed == "으로":
		return open
	}
	return closed
}

// rieul is the place of ㄹ among the final consonants of a Hangul syllable.
const rieul = 8

func finalOf(r rune) (final int, known bool) {
	switch {
	case r >= '가' && r <= '힣':
		return int(r-'가') % 28, true
	case r >= '0' && r <= '9':
		return [...]int{21, 8, 0, 16, 0, 0, 1, 8, 8, 0}[r-'0'], true // 영 일 이 삼 사 오 육 칠 팔 구
	}
	return 0, false
}
