package vectorstest_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/store/vectors"
	"tickerwire/store/vectors/vectorstest"
)

// server returns TEST_MILVUS_ADDRESS and fails the test when it is unset.
func server(t *testing.T) string {
	t.Helper()
	address := os.Getenv("TEST_MILVUS_ADDRESS")
	if address == "" {
		t.Fatal("TEST_MILVUS_ADDRESS is unset: name a Milvus in which collections may be created, as in 127.0.0.1:19530")
	}
	return address
}

// dial connects to the server.
func dial(t *testing.T, prefix string) *vectors.Milvus {
	t.Helper()
	index, err := vectors.OpenMilvus(t.Context(), vectors.MilvusOptions{Address: server(t), Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := index.Close(); err != nil {
			t.Error(err)
		}
	})
	return index
}

// dropped has an embedder version removed when the test ends.
func dropped(t *testing.T, index *vectors.Milvus, embedder string) string {
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
		defer cancel()
		if err := index.Drop(ctx, embedder); err != nil {
			t.Error(err)
		}
	})
	return embedder
}

func prefix() string { return fmt.Sprintf("test_%016x", rand.Uint64()) }

func TestMilvus(t *testing.T) {
	t.Parallel()
	index := dial(t, prefix())
	vectorstest.Run(t, func(t *testing.T) (vectors.Index, string) {
		return index, dropped(t, index, fmt.Sprintf("%s/%d", t.Name(), rand.Uint64()))
	}, .98)
}

// What one process has written, another must find, and its dimension it must know.
func TestMilvusSecondProcess(t *testing.T) {
	t.Parallel()
	shared := prefix()
	first, second := dial(t, shared), dial(t, shared)
	embedder := dropped(t, first, "a/b")
	other := dropped(t, first, "a_b") // equal once it is made fit for a collection's name
	entry := vectors.Entry{ArticleID: 7, Embedder: embedder, AvailableAt: time.Unix(1_770_000_000, 0), Values: []float32{0, 1, 0, 0}}
	if err := first.Upsert(t.Context(), []vectors.Entry{entry}); err != nil {
		t.Fatal(err)
	}
	hits, err := second.Nearest(t.Context(), vectors.Search{Embedder: embedder, Query: entry.Values, Limit: 5})
	if err != nil || len(hits) != 1 || hits[0].ArticleID != 7 {
		t.Fatalf("the second process found %v, %v", hits, err)
	}
	if got, err := second.Vector(t.Context(), embedder, 7); err != nil || !slices.Equal(got, entry.Values) {
		t.Errorf("the second process read %v, %v", got, err)
	}
	if _, err := second.Vector(t.Context(), other, 7); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another version of a like name: %v, want NotFound", err)
	}
	entry.Values = []float32{1, 0}
	if err := second.Upsert(t.Context(), []vectors.Entry{entry}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("another dimension: %v, want Invalid", err)
	}
	for range 2 {
		if err := first.Drop(t.Context(), embedder); err != nil {
			t.Fatal(err)
		}
	}
	if hits, err := first.Nearest(t.Context(), vectors.Search{Embedder: embedder, Query: []float32{1, 0}, Limit: 5}); err != nil || len(hits) != 0 {
		t.Errorf("after the drop: %v, %v", hits, err)
	}
	if err := first.Upsert(t.Context(), []vectors.Entry{entry}); err != nil {
		t.Errorf("filled again, with another dimension: %v", err)
	}
}

func TestOpenMilvusFails(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := vectors.OpenMilvus(ctx, vectors.MilvusOptions{Address: "127.0.0.1:1", Prefix: "test"}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("nobody listens: %v, want Unavailable", err)
	}
	if _, err := vectors.OpenMilvus(ctx, vectors.MilvusOptions{Address: "127.0.0.1:1", Prefix: "1-x"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a prefix that is no name: %v, want Invalid", err)
	}
}

// A server that goes away in the middle is Unavailable, within the caller's deadline.
func TestMilvusLost(t *testing.T) {
	t.Parallel()
	address, cut := proxy(t, server(t))
	index, err := vectors.OpenMilvus(t.Context(), vectors.MilvusOptions{Address: address, Prefix: prefix()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { index.Close() })
	if err := index.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	cut()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	began := time.Now()
	_, err = index.Nearest(ctx, vectors.Search{Embedder: "x", Query: []float32{1, 0}, Limit: 5})
	if fault.KindOf(err) != fault.Unavailable || time.Since(began) > 3*time.Second {
		t.Errorf("got %v after %v, want Unavailable in a second", err, time.Since(began))
	}
}

// proxy forwards connections to target until cut is called, which ends them and refuses new ones.
func proxy(t *testing.T, target string) (address string, cut func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", target)
			if err != nil {
				near.Close()
				continue
			}
			context.AfterFunc(ctx, func() { near.Close(); far.Close() })
			wg.Go(func() { io.Copy(far, near); far.Close() })
			wg.Go(func() { io.Copy(near, far); near.Close() })
		}
	})
	cut = func() { cancel(); listener.Close(); wg.Wait() }
	t.Cleanup(cut)
	return listener.Addr().String(), cut
}
