# What Kubernetes and Helm share.
# shellcheck shell=bash disable=SC2154  # the script sets the variables in capitals

kubectl_at() { "$KUBECTL" --namespace "$2" ${1:+--context "$1"} "${@:3}"; } # kubectl_at CONTEXT NAMESPACE ARGUMENT...
