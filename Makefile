# uringtrace. "make help" lists what there is to do. V=1 shows the commands.

AFFECTED ?= 6.1 6.12
CURED    ?= 7.3
KERNELS  ?= $(AFFECTED) $(CURED)
KERNEL   ?= 6.1
JOBS     ?= $(shell nproc)
SOCKETS  ?= 1000
NODES    ?= 1000,100000
MEMORY   ?= 4G
BIN      := bin
OUT      := out
GO       ?= go
PREFIX   ?= /usr/local
DESTDIR  ?=
LDFLAGS  := -s -w
Q        := $(if $(V),,@)
say       = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)')

export CGO_ENABLED := 0

# giouring pulls runtime functions by linkname, which the linker refuses since
# Go 1.23; only the workload links it, the tracer builds without any flag.
LOADFLAGS := -tags giouring -ldflags '-checklinkname=0 $(LDFLAGS)'
# Tests of kernel behaviour; they want root and run in the kernel VMs, and once
# on this machine's own kernel.
KERNEL_TEST_PKGS := ./internal/probe ./internal/observe ./internal/e2e
KERNEL_TESTS     := $(patsubst ./internal/%,$(OUT)/tests/%.test,$(KERNEL_TEST_PKGS))
LOAD_TESTS       := $(OUT)/tests/ring.test $(OUT)/tests/play.test

# Debian packages by what needs them, as command:package.
BUILD_PACKAGES := clang-16:clang-16 llvm-strip-16:llvm-16 clang-format-16:clang-format-16
VM_PACKAGES    := qemu-system-x86_64:qemu-system-x86 dpkg-deb:dpkg busybox:busybox-static
PAGE_PACKAGES  := chromium:chromium
SHELL_PACKAGES := zsh:zsh fish:fish man:man-db mandoc:mandoc less:less
BENCH_PACKAGES := bpftrace:bpftrace perf:linux-perf trace-cmd:trace-cmd drgn:python3-drgn

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: vm-packages build ## trace a leak of SOCKETS=1000 on affected kernels, and the cure, from nothing
	$(Q)$(GO) build -o $(OUT)/demo ./internal/vmtest/demo
	$(Q)$(OUT)/demo -bin $(BIN) -sockets $(SOCKETS) -affected '$(AFFECTED)' -cured '$(CURED)'

.PHONY: test
test: export URINGTRACE_ALL_INSTALLED := 1
test: shell-packages test-unit test-page test-kernels ## all tests, from nothing: unit, the report in a browser, this kernel, kernel VMs

.PHONY: build
build: ## build static binaries into bin/
	$(call say,BUILD,$(BIN)/uringtrace)
	$(Q)$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/uringtrace ./cmd/uringtrace
	$(call say,BUILD,$(BIN)/uringload)
	$(Q)$(GO) build -trimpath $(LOADFLAGS) -o $(BIN)/uringload ./internal/workload/uringload
	$(call say,BUILD,$(BIN)/vmrun)
	$(Q)$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/vmrun ./internal/vmtest/vmrun

# The tag makes the tracer's command tree write its pages in place of running.
.PHONY: man
man: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)
man: ## write the manual pages into out/man
	$(call say,MAN,$(OUT)/man)
	$(Q)rm -rf $(OUT)/man
	$(Q)$(GO) run -tags man ./cmd/uringtrace $(OUT)/man

SHARE      = $(DESTDIR)$(PREFIX)/share
BASH_DIR   = $(SHARE)/bash-completion/completions
ZSH_DIR    = $(SHARE)/zsh/site-functions
FISH_DIR   = $(SHARE)/fish/vendor_completions.d

.PHONY: install
install: build man ## install programs, manual pages and completions below DESTDIR and PREFIX=/usr/local
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(BIN)/uringtrace $(BIN)/uringload
	$(Q)install -D -m 644 -t $(SHARE)/man/man1 $(OUT)/man/*.1
	$(Q)install -d $(BASH_DIR) $(ZSH_DIR) $(FISH_DIR)
	$(Q)$(BIN)/uringtrace completion bash >$(BASH_DIR)/uringtrace
	$(Q)$(BIN)/uringtrace completion zsh >$(ZSH_DIR)/_uringtrace
	$(Q)$(BIN)/uringtrace completion fish >$(FISH_DIR)/uringtrace.fish

.PHONY: check-install
check-install: ## install below out/root and try what is there
	$(Q)rm -rf $(OUT)/root
	$(Q)$(MAKE) --no-print-directory install DESTDIR=$(OUT)/root PREFIX=/usr
	$(Q)set -e; cd $(OUT)/root/usr; bin/uringtrace version; bin/uringload --help >/dev/null; \
	for f in man/man1/uringtrace.1 man/man1/uringtrace-explain.1 bash-completion/completions/uringtrace \
		zsh/site-functions/_uringtrace fish/vendor_completions.d/uringtrace.fish; do \
		test -s share/$$f || { echo "not installed: share/$$f"; exit 1; }; done; \
	bash -n share/bash-completion/completions/uringtrace

.PHONY: test-unit
test-unit: ## tests that need neither root nor a special kernel
	$(call say,TEST,unit)
	$(Q)$(GO) test $$($(GO) list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...)
	$(Q)$(GO) test $(LOADFLAGS) ./internal/workload/...

.PHONY: test-page
test-page: page-packages ## the HTML report in a headless Chromium; SCREENSHOTS=dir keeps pictures of it
	$(call say,TEST,report in Chromium)
	$(Q)$(GO) test -tags browser ./internal/render/html

# So many runs and not so many seconds: a run that is under way at the end of a time
# is told as one that has failed.
FUZZ := -run '^$$' -fuzzminimizetime 1x

.PHONY: fuzz
fuzz: ## feed hostile recordings to their reader, some hundred thousand times
	$(call say,FUZZ,internal/recording)
	$(Q)$(GO) test $(FUZZ) -fuzz FuzzReader -fuzztime 100000x ./internal/recording
	$(Q)$(GO) test $(FUZZ) -fuzz FuzzRecords -fuzztime 80000x ./internal/recording

.PHONY: test-kernels
test-kernels: vm-packages fetch kernel-tests build ## kernel tests on this kernel and in a VM for each of KERNELS
	$(call say,TEST,kernels $(shell uname -r) $(KERNELS))
	$(Q)$(MAKE) --no-print-directory -j $(JOBS) --output-sync=target test-here $(KERNELS:%=test-vm-%)

.PHONY: test-native
test-native: kernel-tests build test-here ## kernel tests on this machine's own kernel; needs root

.PHONY: test-here
test-here:
	$(Q)begin=$$(date +%s); for t in $(KERNEL_TESTS); do \
		(cd internal/$$(basename $$t .test) && PATH=$(CURDIR)/$(BIN):$$PATH $(CURDIR)/$$t -test.timeout 15m >$(CURDIR)/$$t.log 2>&1) \
			|| { cat $$t.log; echo "FAIL $$t"; exit 1; }; \
		printf 'ok  \turingtrace/internal/%s\n' $$(basename $$t .test); done; \
	echo "kernel $$(uname -r) (this machine): $(words $(KERNEL_TESTS)) ok, $$(($$(date +%s) - begin))s"

.PHONY: test-vm
test-vm: vm-packages fetch kernel-tests build ## kernel tests in a VM for each of KERNELS="6.1 6.12 7.3"
	$(Q)$(MAKE) --no-print-directory -j $(JOBS) --output-sync=target $(KERNELS:%=test-vm-%)

# As many side by side as there are processors: what is tested is what happens in time.
.PHONY: $(KERNELS:%=test-vm-%)
$(KERNELS:%=test-vm-%): test-vm-%:
	$(Q)$(BIN)/vmrun -kernel $* -timeout 50m -busybox -bin $(BIN) -env URINGTRACE_DEBIAN_KERNEL=1 test \
		$(foreach t,$(KERNEL_TESTS),internal/$(basename $(notdir $(t)))=$(t)) \
		$(foreach t,$(LOAD_TESTS),internal/workload/$(basename $(notdir $(t)))=$(t))

.PHONY: kernel-tests
kernel-tests:
	$(call say,BUILD,$(OUT)/tests)
	$(Q)mkdir -p $(OUT)/tests
	$(Q)set -e; for p in $(KERNEL_TEST_PKGS); do \
		$(GO) test -c -tags kernel -ldflags '$(LDFLAGS)' -o $(OUT)/tests/$$(basename $$p).test $$p; done
	$(Q)set -e; for p in ring play; do \
		$(GO) test -c $(LOADFLAGS) -o $(OUT)/tests/$$p.test ./internal/workload/$$p; done

.PHONY: scale
scale: vm-packages kernel-tests build ## a queue of a million nodes and a burst of a million removals on 6.1 and 6.12
	$(Q)set -e; for k in $(filter-out 7.3,$(KERNELS)); do \
		$(BIN)/vmrun -kernel $$k -mem 8G -timeout 60m -v -run 'TestScale$$|TestStopped$$' -busybox -bin $(BIN) test \
			internal/e2e=$(OUT)/tests/e2e.test -- -scale 1000000 -burst 1000000; done

# What uringtrace costs. Counted runs (QEMU's icount) repeat, so they have budgets;
# emulated ones show the same on two processors of whatever speed the host has left.
URINGBENCH := $(OUT)/uringbench
BENCH      = $(BIN)/vmrun -kernel $* -timeout 60m -busybox -bin $(BIN) \
	-pull /tmp/bench.json:$(OUT)/bench/$@.json
CHECKED   := -works churn,fixed-read -observers watch,stream -ops 4000 -rounds 3

.PHONY: bench
bench: vm-packages bench-packages fetch bench-build bench-debug ## measure uringtrace and its peers on 6.1 and 6.12; NODES=1000,100000,1000000 MEMORY=8G is the long one
	$(Q)$(MAKE) --no-print-directory $(AFFECTED:%=counted-%) $(AFFECTED:%=emulated-%)
	$(call say,BENCH,Go alone)
	$(Q)$(GO) test -run '^$$' -bench . ./internal/queue ./internal/probe >$(OUT)/bench/go.txt
	$(Q)$(URINGBENCH) table -into docs/performance.md -go $(OUT)/bench/go.txt \
		$(foreach k,$(AFFECTED),$(OUT)/bench/counted-$k.json $(OUT)/bench/emulated-$k.json)

.PHONY: $(AFFECTED:%=counted-%) $(AFFECTED:%=emulated-%) $(AFFECTED:%=checked-%)
$(AFFECTED:%=counted-%): counted-%:
	$(call say,BENCH,$@)
	$(Q)$(BENCH) -icount -mem $(MEMORY) $(PEERS) run $(URINGBENCH) run -kernel $* -mode counted -peers -rounds 1 -answers $(NODES)

$(AFFECTED:%=emulated-%): emulated-%:
	$(call say,BENCH,$@)
	$(Q)$(BENCH) -mem $(MEMORY) $(PEERS) run $(URINGBENCH) run -kernel $* -mode emulated -peers -ops 10000 -cycles 2 -answers $(NODES)

$(AFFECTED:%=checked-%): checked-%:
	$(call say,BENCH,$@)
	$(Q)$(BENCH) -icount run $(URINGBENCH) run -kernel $* $(CHECKED) >$(OUT)/bench/$@.txt

# Programs of others are linked dynamically; the machine gets them with their libraries.
# drgn is a library of Debian's Python: the machine gets that, and what it loads of it.
PEERS = -debug $(shell { \
	for p in $(filter-out drgn,$(foreach p,$(BENCH_PACKAGES),$(firstword $(subst :, ,$p)))); do \
		f=$$(command -v $$p) && f=$$(readlink -f $$f) || continue; echo "$$f:/bin/$$p"; done; \
	/usr/bin/python3 -c 'import sys, json, drgn.helpers.linux; \
		print("/usr/bin/python3", *{m.__file__ for m in sys.modules.values() if getattr(m, "__file__", 0)}, sep="\n")' 2>/dev/null; \
	} | while read f; do echo "-add $$f"; \
		ldd $${f%:*} 2>/dev/null | awk '$$2 == "=>" { print "-add " $$3 } $$1 ~ /^\// { print "-add " $$1 }'; done | sort -u)

# drgn needs it, and without it all else is measured: an archive has it for its newest
# kernels alone.
.PHONY: bench-debug
bench-debug: fetch
	$(Q)for k in $(AFFECTED); do $(BIN)/vmrun -debug fetch $$k || echo "measuring $$k without drgn"; done

.PHONY: bench-build
bench-build: build
	$(call say,BUILD,$(URINGBENCH))
	$(Q)mkdir -p $(OUT)/bench
	$(Q)$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(URINGBENCH) ./internal/bench/uringbench

.PHONY: bench-check
bench-check: bench-counted ## fail if a counted ratio is over its budget by more than 5 %
	$(Q)check='$(URINGBENCH) check $(AFFECTED:%=$(OUT)/bench/checked-%.json)'; \
	$$check || { echo 'measuring again'; \
		$(MAKE) --no-print-directory -j $(words $(AFFECTED)) $(AFFECTED:%=checked-%) && $$check; }

.PHONY: bench-record
bench-record: bench-counted ## make what bench-check measures the budget
	$(Q)$(URINGBENCH) record $(AFFECTED:%=$(OUT)/bench/checked-%.json)

.PHONY: bench-counted
bench-counted: vm-packages bench-build
	$(Q)$(BIN)/vmrun fetch $(AFFECTED)
	$(Q)$(MAKE) --no-print-directory -j $(words $(AFFECTED)) $(AFFECTED:%=checked-%)

.PHONY: vm
vm: vm-packages build ## shell on KERNEL=6.1 with the binaries in PATH
	$(Q)$(BIN)/vmrun -kernel $(KERNEL) -timeout 0 -bin $(BIN) shell

.PHONY: generate
generate: build-packages ## compile the BPF C and write its Go
	$(call say,GEN,bpf)
	$(Q)clang-16 --version | head -1
	$(Q)$(GO) generate ./bpf

.PHONY: check-generated
check-generated: generate ## fail if the committed BPF objects are not what the C compiles to
	$(Q)git diff --exit-code --stat -- bpf || { echo 'bpf/: generated files differ; commit what "make generate" writes'; exit 1; }

.PHONY: lint
lint: build-packages ## vet, staticcheck, gofumpt, error wrapping, dependency rule, C format
	$(call say,LINT,go vet)
	$(Q)$(GO) vet ./... && $(GO) vet -tags kernel,browser ./... && $(GO) vet -tags man ./cmd/uringtrace && $(GO) vet -tags giouring ./internal/workload/...
	$(Q)set -e; for os in darwin windows; do GOOS=$$os $(GO) vet ./cmd/uringtrace ./internal/recording/...; done
	$(call say,LINT,staticcheck)
	$(Q)$(GO) tool -modfile=tools/go.mod staticcheck -tags kernel,browser ./...
	$(Q)$(GO) tool -modfile=tools/go.mod staticcheck -tags man ./cmd/uringtrace
	$(Q)$(GO) tool -modfile=tools/go.mod staticcheck -tags giouring ./internal/workload/...
	$(call say,LINT,gofumpt)
	$(Q)test -z "$$($(GO) tool -modfile=tools/go.mod gofumpt -l $$(git ls-files '*.go' | grep -v _bpfel.go) | tee /dev/stderr)"
	$(call say,LINT,errorlint)
	$(Q)$(GO) tool -modfile=tools/go.mod go-errorlint -errorf-multi ./...
	$(call say,LINT,depguard)
	$(Q)$(GO) tool -modfile=tools/go.mod depguard ./...
	$(call say,LINT,docs/dependencies.md)
	$(Q)for m in $$(awk '/^\t[a-z].* v[0-9]/ { print $$1 }' go.mod tools/go.mod) $(foreach p,$(BUILD_PACKAGES) $(VM_PACKAGES) $(PAGE_PACKAGES) $(SHELL_PACKAGES) $(BENCH_PACKAGES),$(lastword $(subst :, ,$(p)))); do \
		grep -qF "\`$$m\`" docs/dependencies.md || { echo "docs/dependencies.md does not name $$m"; exit 1; }; done

.PHONY: fetch
fetch: vm-packages build ## download KERNELS
	$(Q)$(BIN)/vmrun fetch $(KERNELS)

.PHONY: build-packages vm-packages page-packages shell-packages bench-packages
build-packages: PACKAGES = $(BUILD_PACKAGES) /usr/include/bpf/bpf_helpers.h:libbpf-dev
vm-packages: PACKAGES = $(VM_PACKAGES)
page-packages: PACKAGES = $(PAGE_PACKAGES)
shell-packages: PACKAGES = $(SHELL_PACKAGES)
bench-packages: PACKAGES = $(BENCH_PACKAGES)
build-packages vm-packages page-packages shell-packages bench-packages:
	@missing=; for p in $(PACKAGES); do \
		{ command -v "$${p%%:*}" || test -e "$${p%%:*}"; } >/dev/null 2>&1 || missing="$$missing $${p##*:}"; done; \
	if [ -n "$$missing" ]; then \
		printf '  %-8s%s\n' INSTALL "$$missing"; \
		[ "$$(id -u)" = 0 ] || { echo "need Debian packages:$$missing; run as root: apt-get install$$missing"; exit 1; }; \
		{ apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing; } \
			>$(OUT)-apt.log 2>&1 || { cat $(OUT)-apt.log; exit 1; }; rm -f $(OUT)-apt.log; fi

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BIN) $(OUT)
