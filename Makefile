# SPDX-License-Identifier: GPL-2.0
#
# Thin targets: the work is done by tools/lab, which scripts/bootstrap builds and starts, and by
# Kbuild. Kernel modules are described in Kbuild.
#
# Variables: KERNEL ACCEL CPUS MEM JOBS V (see `make help`), KDIR and AUDITED for plain Kbuild use.

LAB := scripts/bootstrap

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@echo 'Targets:'
	@sed -n 's/^\([a-z_-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
	@echo 'Variables:'
	@echo '  KERNEL=   release (7.2.9+deb13-rt-amd64), series (7.3) or all; default: newest 7.2'
	@echo '  ACCEL=    auto (default), kvm or tcg'
	@echo '  CPUS=     CPUs of a guest (default 4)'
	@echo '  MEM=      memory of a guest in MiB (default 1024)'
	@echo '  JOBS=     guests and compilers at once (default: as many as there are CPUs)'
	@echo '  HANG_TIMEOUT= seconds without output after which a guest counts as hung (default 120;'
	@echo '            of more than 16 emulated CPUs that take turns, more)'
	@echo '  V=1       show the commands'
	@echo '  DEBUG=    kernels of make check-debug: kasan, rt-kasan, kcsan (default: all); with make soak: do'
	@echo '            on these for long what make check-debug repeats a few times'
	@echo '  GUESTS=   all (default), few, others or names (live,fuzz), for make check-debug and make soak DEBUG='
	@echo '  MINUTES=  minutes of make soak with each (default 10); of make check-debug, its kernels being built'
	@echo '            included, within which its guests are to be over (default: all are run)'
	@echo '  BENCH=    full (default) or quick, for make bench and make bench-here'
	@echo '  KDIR=     a prepared kernel tree, for modules, modules_install and clean'
	@echo '  AUDITED=  what `make audit` wrote for that kernel, build/audited/<release>.h'

.PHONY: run
run: ## show the demonstration: an isolated CPU with and without pwlocks
	@$(LAB) run

.PHONY: check
check: ## run all tests, on the host and in guests
	@$(LAB) check

.PHONY: check-debug
check-debug: ## run the guests' tests on kernels with KASAN, lockdep and the like (DEBUG=, GUESTS=)
	@$(LAB) check-debug

.PHONY: soak
soak: ## load the kernel, unload mm_swap_live 20 times a minute of MINUTES (10), then MINUTES each with it off, on, flipping
	@$(LAB) soak

.PHONY: check-mm
check-mm: ## run the kernel's own mm selftests with mm_swap_live and without
	@$(LAB) check-mm

.PHONY: bench
bench: ## measure what it costs and what it buys, into build/bench/report.html (BENCH=)
	@$(LAB) bench

.PHONY: bench-here
bench-here: ## measure the times on the running kernel itself, into build/bench-here/report.html (BENCH=)
	@$(LAB) bench-here

.PHONY: check-here
check-here: ## run make bench-here BENCH=quick, whole, in emulated machines with the stock kernels
	@$(LAB) check-here

.PHONY: check-host
check-host: ## run the unit tests of the host programs and (as root) check-model, without a VM
	@$(LAB) check-host

.PHONY: check-model
check-model: ## check the model of the locks and drains exhaustively, without a VM
	@$(LAB) check-model

.PHONY: audit
audit: ## prove from kernel images that mm_swap_live covers what touches a batch
	@$(LAB) audit

.PHONY: build
build: ## build the modules into build/modules and the guest programs
	@$(LAB) build

.PHONY: shell
shell: ## start an interactive guest with the modules at hand
	@$(LAB) shell

.PHONY: lint
lint: ## check formatting and lints of everything
	@$(LAB) lint

.PHONY: rust-analyzer
rust-analyzer: ## write rust-project.json for editors
	@$(LAB) rust-analyzer

.PHONY: modules
modules: ## plain Kbuild: build the modules for the prepared tree KDIR
	$(kbuild)

.PHONY: modules_install
modules_install: ## plain Kbuild: install the modules for KDIR
	$(kbuild)

.PHONY: clean
ifdef KDIR
clean: ## remove build products (with KDIR those of plain Kbuild)
	$(kbuild)
else
clean:
	rm -rf build rust-project.json
endif

.PHONY: distclean
distclean: ## remove build products and the cache
	@$(LAB) distclean

# Options like CONFIG_PWLOCKS=n on make's command line reach Kbuild by themselves.
define kbuild
$(if $(KDIR),,$(error $@ needs KDIR=<prepared kernel tree with Rust metadata>; `make build` makes its own))
$(MAKE) -C $(KDIR) M=$(CURDIR) $(if $(AUDITED),AUDITED=$(abspath $(AUDITED))) $@
endef
