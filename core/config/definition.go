package config

// Type is the type of a config value, with the codes of DescribeConfigs v3
// (org.apache.kafka.clients.admin.ConfigEntry.ConfigType).
type Type int8

// The types.
const (
	Boolean  Type = 1
	String   Type = 2
	Int      Type = 3
	Short    Type = 4
	Long     Type = 5
	Double   Type = 6
	List     Type = 7
	Class    Type = 8
	Password Type = 9
)

// updateMode says how a broker config can be changed while the broker runs.
type updateMode int8

// The modes.
const (
	readOnly    updateMode = iota // only in the config file
	perBroker                     // dynamically, for one broker
	clusterWide                   // dynamically, for one broker or as the cluster's default
)

// Source says where a value in force came from, with the codes of DescribeConfigs.
type Source int8

// The sources that Jackdaw has.
const (
	SourceTopic                Source = 1
	SourceDynamicBroker        Source = 2
	SourceDynamicDefaultBroker Source = 3
	SourceStaticBroker         Source = 4
	SourceDefault              Source = 5
	SourceClientMetrics        Source = 7
	SourceGroup                Source = 8
)

// Definition describes one config: its name, type, default and the values it accepts.
type Definition struct {
	Name    string
	Type    Type
	Default *string // nil: no value
	Doc     string  // one or two sentences of our own
	Valid   string  // the accepted values, for people; "" for any
	// Synonyms are the broker configs that give the default of a topic or group config, in order of precedence.
	Synonyms  []string
	mode      updateMode // of broker configs
	Sensitive bool
	// OnlyWhenSet configs of topics and groups are described only on those that have them: Kafka does not know them.
	OnlyWhenSet bool
	// Check refuses a value with Kafka's words after "Invalid value X for configuration NAME: "; nil accepts all values of
	// the type.
	Check func(value string) error
}

// Entry is one config with its value in force, as DescribeConfigs lists it.
type Entry struct {
	Definition *Definition
	Name       string
	Value      *string // nil when it has none or is sensitive
	Source     Source
	ReadOnly   bool
	Sensitive  bool
	Type       Type
	Synonyms   []Synonym
}

// Synonym is one of the places that an Entry's value can come from, highest precedence first.
type Synonym struct {
	Name   string
	Value  *string
	Source Source
}
