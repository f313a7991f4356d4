package kafkatools

// start parses args and answers --help and --version. done says that the tool has ended, with the exit code. The words
// before the message of a parse error differ between the tools.
func (s optionSet) start(args []string, about, beforeError string, std Streams) (line *commandLine, code int, done bool) {
	line, err := s.parse(args)
	if err != nil {
		std.errorf("%s%v\n", beforeError, err)
		return nil, exitFailed, true
	}
	if len(args) == 0 {
		return nil, std.misuse(s, about), true
	}
	code, done = std.helpOrVersion(line, about)
	return line, code, done
}

// openAdmin returns a client for the cluster that the options name.
func (c *commandLine) openAdmin() (*adminClient, error) {
	props, err := c.clientFiles()
	if err != nil {
		return nil, err
	}
	return newAdminClient(props, 0)
}
