package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/cmd/broker/doctor"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/module"
)

func newDoctorCommand(a *app, modules []module.Module) *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check what a broker needs to run: addresses, directories, limits; say how to mend it",
		Long: "Check what a broker with these settings needs to run. Run it on the broker's machine, as the broker's user, while the\n" +
			"broker is down. Exit code 1 says that there is a problem, 2 that the settings have mistakes.",
		Example: "  broker doctor -c broker.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sel, err := loadSettings(a, modules, flags)
			if err != nil {
				return err
			}
			inputs, err := doctorInputs(sel, flags.sources().Hostname)
			if err != nil {
				return err
			}
			findings := doctor.Examine(cmd.Context(), inputs)
			if err := a.printFindings(findings); err != nil {
				return err
			}
			if doctor.Worst(findings) == doctor.Problem {
				return exitCodeError(exitFailed)
			}
			return nil
		},
	}
	flags.register(cmd)
	return cmd
}

// doctorInputs picks what the doctor looks at. Logs that are not kept in files need no directories.
func doctorInputs(sel *module.Selection, hostname string) (doctor.Inputs, error) {
	settings := config.DefaultBroker()
	if problems := sel.Settings.Decode(&settings); len(problems) > 0 {
		return doctor.Inputs{}, config.Problems(problems)
	}
	listeners, err := settings.ParseListeners(hostname)
	if err != nil {
		return doctor.Inputs{}, err
	}
	inputs := doctor.Inputs{AdminListener: settings.AdminListener}
	if sel.Has(module.Log, "segment") {
		inputs.LogDirs = settings.LogDirs
	}
	for _, l := range listeners {
		inputs.Listeners = append(inputs.Listeners, doctor.Listener{
			Name: l.Name, Host: l.Host, Port: l.Port, AdvertisedHost: l.Advertised.Host, AdvertisedPort: l.Advertised.Port,
		})
	}
	return inputs, nil
}

func (a *app) printFindings(findings []doctor.Finding) error {
	if a.global.format == formatJSON {
		return a.printJSON(findings)
	}
	err := printRows(a, findings,
		column[doctor.Finding]{title: "verdict", value: func(f doctor.Finding) string { return string(f.Verdict) }},
		column[doctor.Finding]{title: "check", value: func(f doctor.Finding) string { return f.Check }},
		column[doctor.Finding]{title: "found", value: func(f doctor.Finding) string { return f.Found }})
	if err != nil {
		return err
	}
	for _, f := range findings {
		if f.Fix != "" {
			fmt.Fprintf(a.std.Out, "\n%s: %s\n  -> %s\n", f.Check, f.Found, f.Fix)
		}
	}
	return nil
}
