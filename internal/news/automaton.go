package news

// automaton finds every place of every pattern in one pass over a text (Aho and Corasick, 1975), over runes.
type automaton struct {
	next map[uint64]int32 // (state, rune) -> state
	fail []int32          // the longest proper suffix of the state that is a state too
	out  []int32          // the pattern that ends at the state, -1 for none
	more []int32          // the nearest state down the fail links at which a pattern ends, 0 for none
	size []int32          // length of each pattern in runes
}

// newAutomaton returns the automaton of patterns, none of which may be empty or stand twice.
func newAutomaton(patterns [][]rune) *automaton {
	a := &automaton{next: make(map[uint64]int32), fail: []int32{0}, out: []int32{-1}, more: []int32{0}}
	var order []edge
	for i, p := range patterns {
		state := int32(0)
		for _, r := range p {
			to, ok := a.next[key(state, r)]
			if !ok {
				to = int32(len(a.out)) // #nosec G115 -- far fewer than 2^31 letters of names
				a.next[key(state, r)] = to
				a.fail, a.out, a.more = append(a.fail, 0), append(a.out, -1), append(a.more, 0)
				order = append(order, edge{from: state, to: to, r: r})
			}
			state = to
		}
		a.out[state] = int32(i)
		a.size = append(a.size, int32(len(p))) // #nosec G115 -- far fewer than 2^31 letters of names
	}
	a.link(order)
	return a
}

// edge is a step of the trie.
type edge struct {
	from, to int32
	r        rune
}

// link sets the fail links, level by level.
func (a *automaton) link(edges []edge) {
	children := make(map[int32][]edge, len(edges))
	for _, e := range edges {
		children[e.from] = append(children[e.from], e)
	}
	for queue := children[0]; len(queue) > 0; queue = queue[1:] {
		e := queue[0]
		if e.from != 0 {
			a.fail[e.to] = a.step(a.fail[e.from], e.r)
		}
		fail := a.fail[e.to]
		a.more[e.to] = fail
		if a.out[fail] < 0 {
			a.more[e.to] = a.more[fail]
		}
		queue = append(queue, children[e.to]...)
	}
}

// step returns the state after reading r in state.
func (a *automaton) step(state int32, r rune) int32 {
	for {
		if to, ok := a.next[key(state, r)]; ok {
			return to
		}
		if state == 0 {
			return 0
		}
		state = a.fail[state]
	}
}

// find calls found for every place [start, end) of every pattern in text.
func (a *automaton) find(text []rune, found func(pattern, start, end int)) {
	state := int32(0)
	for i, r := range text {
		state = a.step(state, r)
		at := state
		if a.out[at] < 0 {
			at = a.more[at]
		}
		for ; at != 0; at = a.more[at] {
			p := a.out[at]
			found(int(p), i+1-int(a.size[p]), i+1)
		}
	}
}

func key(state int32, r rune) uint64 { return uint64(uint32(state))<<32 | uint64(uint32(r)) } // #nosec G115 -- the bits of both
