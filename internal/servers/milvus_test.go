package servers_test

import (
	"cmp"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"

	"tickerwire/internal/servers"
)

// venv is where scripts/install-test-services.sh puts Milvus.
func venv(t *testing.T) string {
	t.Helper()
	home, err := os.UserHomeDir()
	fatal(t, err)
	return filepath.Join(cmp.Or(os.Getenv("TICKERWIRE_CACHE"), filepath.Join(home, ".cache", "tickerwire")), "milvus")
}

func startMilvus(t *testing.T, o servers.MilvusOptions) *servers.Milvus {
	t.Helper()
	server, err := servers.StartMilvus(bounded(t), o)
	fatal(t, err)
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	return server
}

func TestMilvusKeepsItsData(t *testing.T) {
	t.Parallel()
	ctx, options := bounded(t), servers.MilvusOptions{Venv: venv(t), Dir: t.TempDir()}
	first := startMilvus(t, options)
	onlyOnLoopback(t, first.Address())
	fill(t, ctx, first.Address())
	if got := articles(t, ctx, first.Address()); got != 2 {
		t.Errorf("%d articles", got)
	}
	if _, err := servers.StartMilvus(ctx, options); !errors.Is(err, servers.ErrInUse) {
		t.Errorf("second start: %v", err)
	}
	fatal(t, first.Stop(ctx))

	second := startMilvus(t, options)
	if got := articles(t, ctx, second.Address()); got != 2 {
		t.Errorf("%d articles after the second start", got)
	}
}

func TestNoMilvus(t *testing.T) {
	t.Parallel()
	_, err := servers.StartMilvus(context.Background(), servers.MilvusOptions{Venv: t.TempDir(), Dir: t.TempDir()})
	if !errors.Is(err, servers.ErrNoMilvus) {
		t.Errorf("got %v", err)
	}
}

func dialMilvus(t *testing.T, ctx context.Context, address string) client.Client {
	t.Helper()
	c, err := client.NewClient(ctx, client.Config{Address: address})
	fatal(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func fill(t *testing.T, ctx context.Context, address string) {
	t.Helper()
	c := dialMilvus(t, ctx, address)
	schema := entity.NewSchema().WithName("articles").
		WithField(entity.NewField().WithName("id").WithDataType(entity.FieldTypeInt64).WithIsPrimaryKey(true)).
		WithField(entity.NewField().WithName("vector").WithDataType(entity.FieldTypeFloatVector).WithDim(2))
	fatal(t, c.CreateCollection(ctx, schema, 1, client.WithConsistencyLevel(entity.ClStrong)))
	index, err := entity.NewIndexHNSW(entity.COSINE, 16, 64)
	fatal(t, err)
	fatal(t, c.CreateIndex(ctx, "articles", "vector", index, false))
	_, err = c.Upsert(ctx, "articles", "", entity.NewColumnInt64("id", []int64{1, 2}),
		entity.NewColumnFloatVector("vector", 2, [][]float32{{1, 0}, {0, 1}}))
	fatal(t, err)
}

func articles(t *testing.T, ctx context.Context, address string) int {
	t.Helper()
	c := dialMilvus(t, ctx, address)
	fatal(t, c.LoadCollection(ctx, "articles", false))
	found, err := c.Query(ctx, "articles", nil, "id > 0", []string{"id"}, client.WithSearchQueryConsistencyLevel(entity.ClStrong))
	fatal(t, err)
	return found.GetColumn("id").Len()
}

// onlyOnLoopback dials the port on this machine's other addresses.
func onlyOnLoopback(t *testing.T, address string) {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	fatal(t, err)
	all, err := net.InterfaceAddrs()
	fatal(t, err)
	for _, one := range all {
		ip := one.(*net.IPNet).IP
		if ip.IsLoopback() || ip.To4() == nil {
			continue
		}
		if conn, err := net.Dial("tcp", net.JoinHostPort(ip.String(), port)); err == nil {
			t.Errorf("open on %s", conn.RemoteAddr())
			_ = conn.Close()
		}
	}
}
