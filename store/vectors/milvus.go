package vectors

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/milvus-io/milvus-proto/go-api/v2/commonpb"
	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"tickerwire/internal/fault"
)

// MilvusOptions says which server to use. Prefix starts the name of every collection: letters, digits and underscores,
// not a digit first.
type MilvusOptions struct {
	Address string // host:port
	Prefix  string
}

// Milvus keeps each embedder version in a collection of its own, as versions differ in dimension. Collections are made
// at the first Upsert of a version. Reads see every write that was acknowledged before, by any process. It is safe for
// concurrent use.
type Milvus struct {
	client client.Client
	prefix string

	mu          sync.Mutex
	collections map[string]*collection
}

// collection is what this process knows about one of the server's collections.
type collection struct {
	turn chan struct{} // holds one word, which is taken while it is being made and loaded
	dim  int           // 0 until it is known to exist and to be loaded; under turn
}

// lock waits for the turn. A server that is away must not keep the others longer than their own time.
func (c *collection) lock(ctx context.Context) error {
	select {
	case <-c.turn:
		return nil
	case <-ctx.Done():
		return wrap(ctx.Err(), "wait for another's look at a collection")
	}
}

func (c *collection) unlock() { c.turn <- struct{}{} }

var _ Index = (*Milvus)(nil)

// How long one request may take, and how long the making and loading of a collection.
const (
	callTimeout = 15 * time.Second
	makeTimeout = 2 * time.Minute
)

var prefixPattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,99}$`)

// OpenMilvus connects to a server. One that does not answer before ctx ends, or within 15 s, is Unavailable.
func OpenMilvus(ctx context.Context, o MilvusOptions) (*Milvus, error) {
	if !prefixPattern.MatchString(o.Prefix) {
		return nil, fault.New(fault.Invalid, "%q cannot start the name of a Milvus collection", o.Prefix)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	options := append(slices.Clone(client.DefaultGrpcOpts), grpc.WithChainUnaryInterceptor(unmask))
	c, err := client.NewClient(ctx, client.Config{Address: o.Address, DialOptions: options})
	if err != nil {
		return nil, wrap(err, "connect to %s", o.Address)
	}
	return &Milvus{client: c, prefix: o.Prefix, collections: map[string]*collection{}}, nil
}

// Close ends the connection.
func (m *Milvus) Close() error { return m.client.Close() }

// Ping implements Index.
func (m *Milvus) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := m.client.GetVersion(ctx)
	return wrap(err, "ping")
}

// Drop removes an embedder version with all its vectors, before it is filled again from Postgres.
func (m *Milvus) Drop(ctx context.Context, embedder string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	name := m.nameOf(embedder)
	m.forget(name)
	exists, err := m.client.HasCollection(ctx, name)
	if err != nil || !exists {
		return wrap(err, "look for %s", name)
	}
	return wrap(m.client.DropCollection(ctx, name), "drop %s", name)
}

// nameOf names a version's collection. The hash keeps apart what becomes equal when it is made fit for a name.
func (m *Milvus) nameOf(embedder string) string {
	fit := strings.Map(func(r rune) rune {
		if (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9') {
			return r
		}
		return '_'
	}, embedder)
	h := fnv.New32a()
	h.Write([]byte(embedder)) // #nosec G104 -- a hash never fails to be written
	return m.prefix + "_" + fit[:min(len(fit), 80)] + "_" + strconv.FormatUint(uint64(h.Sum32()), 16)
}

// The fields of a collection.
const (
	fieldArticle   = "article_id"
	fieldAvailable = "available_at" // microseconds since 1970
	fieldCodes     = "codes"
	fieldEmbedder  = "embedder"
	fieldVector    = "vector"
)

// open makes a collection ready for use and returns its dimension. One that does not exist is made with dimension dim;
// with dim 0 the answer is 0 instead.
func (m *Milvus) open(ctx context.Context, name string, dim int) (int, error) {
	c := m.known(name)
	if err := c.lock(ctx); err != nil {
		return 0, err
	}
	defer c.unlock()
	if c.dim != 0 {
		return c.dim, nil
	}
	exists, err := m.has(ctx, name)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, makeTimeout)
	defer cancel()
	if !exists {
		if dim == 0 {
			return 0, nil
		}
		if err := m.make(ctx, name, dim); err != nil {
			return 0, err
		}
	}
	// Its maker may have died half-way, hence index and load also when it was there. Both change nothing when done. The
	// index is not waited for: of a large collection it is built for many minutes, and anew whenever segments are merged,
	// while searches read what is not in it yet.
	index, err := entity.NewIndexHNSW(entity.COSINE, 16, 200)
	if err != nil {
		return 0, fmt.Errorf("milvus: index of %s: %w", name, err)
	}
	if err := m.client.CreateIndex(ctx, name, fieldVector, index, true); err != nil {
		return 0, wrap(err, "index %s", name)
	}
	if err := m.client.LoadCollection(ctx, name, false); err != nil {
		return 0, wrap(err, "load %s", name)
	}
	c.dim, err = m.dimension(ctx, name)
	return c.dim, err
}

// has asks whether a collection exists.
func (m *Milvus) has(ctx context.Context, name string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	exists, err := m.client.HasCollection(ctx, name)
	return exists, wrap(err, "look for %s", name)
}

func (m *Milvus) known(name string) *collection {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.collections[name]
	if c == nil {
		c = &collection{turn: make(chan struct{}, 1)}
		c.unlock()
		m.collections[name] = c
	}
	return c
}

// dimension asks the server for the dimension of a collection.
func (m *Milvus) dimension(ctx context.Context, name string) (int, error) {
	c, err := m.client.DescribeCollection(ctx, name)
	if err != nil {
		return 0, wrap(err, "describe %s", name)
	}
	for _, f := range c.Schema.Fields {
		if f.Name == fieldVector {
			dim, err := strconv.Atoi(f.TypeParams[entity.TypeParamDim])
			return dim, wrap(err, "dimension of %s", name)
		}
	}
	return 0, fmt.Errorf("milvus: collection %s has no field %s: it is not ours", name, fieldVector)
}

// make creates a collection; one that another process has made meanwhile is as good.
func (m *Milvus) make(ctx context.Context, name string, dim int) error {
	schema := entity.NewSchema().WithName(name).WithAutoID(false).
		WithField(entity.NewField().WithName(fieldArticle).WithDataType(entity.FieldTypeInt64).WithIsPrimaryKey(true)).
		WithField(entity.NewField().WithName(fieldAvailable).WithDataType(entity.FieldTypeInt64)).
		WithField(entity.NewField().WithName(fieldCodes).WithDataType(entity.FieldTypeArray).WithElementType(entity.FieldTypeVarChar).
			WithMaxLength(16).WithMaxCapacity(maxCodes)).
		WithField(entity.NewField().WithName(fieldEmbedder).WithDataType(entity.FieldTypeVarChar).WithMaxLength(256)).
		WithField(entity.NewField().WithName(fieldVector).WithDataType(entity.FieldTypeFloatVector).WithDim(int64(dim)))
	err := m.client.CreateCollection(ctx, schema, 1, client.WithConsistencyLevel(entity.ClStrong))
	if err == nil {
		return nil
	}
	if exists, hasErr := m.client.HasCollection(ctx, name); hasErr == nil && exists {
		return nil
	}
	return wrap(err, "create %s", name)
}

// forget makes the next use of a collection look at it anew.
func (m *Milvus) forget(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.collections, name)
}

// unmask turns an answer that carries only the newer kind of error code into an error: the client reads the older one
// and would report success.
func unmask(ctx context.Context, method string, req, answer any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if err := invoke(ctx, method, req, answer, cc, opts...); err != nil {
		return err
	}
	st, ok := answer.(*commonpb.Status)
	if with, has := answer.(interface{ GetStatus() *commonpb.Status }); has {
		st, ok = with.GetStatus(), true
	}
	//lint:ignore SA1019 the older code is what the client reads, deprecated or not
	if ok && st.GetCode() != 0 && st.GetErrorCode() == commonpb.ErrorCode_Success {
		return fmt.Errorf("%s: code %d: %s", method, st.GetCode(), st.GetReason())
	}
	return nil
}

// wrap adds what was tried; a server that is away or does not answer in time is Unavailable.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	what := fmt.Sprintf(format, args...)
	code := status.Code(err)
	if code == codes.Unavailable || code == codes.DeadlineExceeded || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, client.ErrClientNotReady) {
		return fmt.Errorf("milvus: %s: %v: %w", what, err, fault.Because(fault.Unavailable, err, "the vector index cannot be reached"))
	}
	return fmt.Errorf("milvus: %s: %w", what, err)
}
