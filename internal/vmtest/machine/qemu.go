//go:build linux

package machine

import (
	"fmt"
	"strings"
)

// Program is the emulator.
const Program = "qemu-system-x86_64"

// Descriptors that QEMU inherits, in the order of exec.Cmd.ExtraFiles.
const (
	liveFD    = 3
	consoleFD = 4
)

// arguments is QEMU's command line.
func arguments(c Config, files *files) []string {
	args := []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-cpu", "max", "-m", c.Memory,
		"-kernel", c.Kernel, "-initrd", files.rootPath(),
		"-append", parameters(c),
	}
	// One thread is for all processors. Up to 8.0, QEMU may translate code while another
	// processor patches it, and run the old state later (its commit deba78709ae8
	// accel/tcg: Always lock pages before translation). The kernel patches code by way of
	// breakpoints, whenever a hook is attached, and dies of one that it has taken away
	// ("Oops: int3", or a kprobe that jumps to address 0).
	args = append(args, "-accel", "tcg,thread=single")
	if c.ICount {
		// Virtual time advances one nanosecond per instruction, whatever
		// else the host does: the same run costs the same.
		args = append(args, "-icount", "shift=0,sleep=off", "-smp", "1")
	} else {
		args = append(args, "-smp", fmt.Sprint(c.CPUs))
	}
	console := "file,id=console,path=" + escape(files.console.Name())
	if c.Console != nil {
		console = fmt.Sprintf("socket,id=console,fd=%d", consoleFD)
	}
	return append(args,
		"-chardev", console, "-serial", "chardev:console",
		"-chardev", fmt.Sprintf("file,id=live,path=/dev/fd/%d", liveFD), "-serial", "chardev:live",
		"-chardev", "file,id=result,path="+escape(files.result.Name()), "-serial", "chardev:result",
	)
}

// parameters is the kernel's command line.
func parameters(c Config) string {
	p := []string{
		"console=ttyS0", "quiet",
		"panic=-1",            // restart at once, which ends QEMU
		"oops=panic",          // what goes on after one proves nothing, or never ends
		"8250.nr_uarts=4",     // three are used
		"mitigations=off",     // slow under emulation and not what is tested
		"nokaslr",             // the same addresses in every run
		"random.trust_cpu=on", // do not wait for entropy
		"audit=0",
		"log_buf_len=1M", // keep all complaints until they are read
	}
	if c.ICount {
		p = append(p, "tsc=reliable") // it counts instructions, as all else does
	} else {
		// The emulated TSC is this machine's, which the kernel measures while it
		// boots. On a busy machine that came out wrong by a factor of two, and with
		// it all time in the guest. The HPET has a rate of its own.
		p = append(p, "tsc=unstable", "clocksource=hpet")
	}
	return strings.Join(append(p, c.Append...), " ")
}

// escape doubles commas, which separate QEMU's options.
func escape(path string) string {
	return strings.ReplaceAll(path, ",", ",,")
}
