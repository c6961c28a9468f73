package agents

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"wsd/examples/relay/broker"
)

// registry is the names of all agents: a bucket of the broker, in memory, with
// one entry for each name in a network. An entry that is not renewed vanishes.
type registry struct {
	broker *broker.Conn
	bucket jetstream.KeyValue
}

// entry is what the registry knows of an agent.
type entry struct {
	Name string `json:"name"`
	// Session is the id of the session that the agent talks to.
	Session string `json:"session"`
	// Token is the SHA-256 of the agent's token in hex, or empty without one.
	Token string `json:"token,omitempty"`
}

// openRegistry opens the registry, and makes it if there is none.
func openRegistry(ctx context.Context, conn *broker.Conn) (*registry, error) {
	ctx, cancel := context.WithTimeout(ctx, broker.Answer)
	defer cancel()
	bucket, err := conn.JS.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket:       "relay-agents",
		Description:  "the names of the agents of examples/relay",
		TTL:          broker.Lost,
		MaxValueSize: 1 << 10,
		MaxBytes:     16 << 20,
		Storage:      jetstream.MemoryStorage,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the registry: %w", broker.Explain(err))
	}
	return &registry{conn, bucket}, nil
}

// key is where the registry keeps a name. The name may hold any character, a key
// may not.
func key(network, name string) string {
	return network + "." + hex.EncodeToString([]byte(name))
}

// hash is what the registry keeps of a token: whoever reads it there does not have
// the token.
func hash(token string) string {
	if token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// admits reports whether the token, hashed, is the one that the entry requires.
func (e entry) admits(token string) bool {
	return e.Token == "" || subtle.ConstantTimeCompare([]byte(e.Token), []byte(token)) == 1
}

func (e entry) encode() []byte {
	text, err := json.Marshal(e)
	if err != nil {
		panic(err) // three strings can't fail
	}
	return text
}

// decodeEntry returns false for a value that is not an entry.
func decodeEntry(value []byte) (entry, bool) {
	var e entry
	err := json.Unmarshal(value, &e)
	return e, err == nil && e.Name != "" && e.Session != ""
}
