#!/usr/bin/env bash
# Azure's own command line against the emulator: makes, looks at and deletes members of Flexible scale sets.
# Options are passed on to the emulator, such as --strict.
#
# Needs the network once, to install azure-cli into an environment of its own; after that loopback alone.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

VENV=${AZ_VENV:-$ROOT/.venv-az}
if [ ! -x "$VENV/bin/az" ]; then
  echo "installing azure-cli into ${VENV#"$ROOT"/} ..." >&2
  "${PYTHON:-python3}" -m venv "$VENV"
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check 'azure-cli>=2.80,<3'
fi

start_emulator "$@"
# Keys that az makes, and its settings, stay in the working directory. Only the emulator's CA is trusted.
export HOME="$WORK" AZURE_CONFIG_DIR="$WORK/az" REQUESTS_CA_BUNDLE="$CA"
export AZURE_CORE_INSTANCE_DISCOVERY=false AZURE_CORE_COLLECT_TELEMETRY=false
export AZURE_CORE_ENCRYPT_TOKEN_CACHE=false AZURE_CORE_DISPLAY_REGION_IDENTIFIED=false
export AZURE_CORE_ONLY_SHOW_ERRORS=true AZURE_EXTENSION_USE_DYNAMIC_INSTALL=no

az() { "$VENV/bin/az" "$@"; }
RG=web-rg
PLAIN=(--image Ubuntu2204 --size Standard_D2s_v5 --admin-username azureuser --generate-ssh-keys --nsg-rule NONE)
VM=(--resource-group "$RG" --vnet-name net --subnet web "${PLAIN[@]}")
NO_IP=(--public-ip-address "")
LIST=(--resource-group "$RG" --output tsv --query)

az cloud register --name LOCAL --endpoint-resource-manager "$URL" >/dev/null
az cloud set --name LOCAL
echo "azure-cli $(az version --query '"azure-cli"' --output tsv), emulator at $SPEED times the speed of time"

step "login with a service principal" "$SUBSCRIPTION" az login --service-principal \
  --username 33333333-3333-3333-3333-333333333333 --password any --tenant "$TENANT" --query '[0].id' --output tsv
step "group create" "Succeeded" az group create --name "$RG" --location westeurope \
  --query properties.provisioningState --output tsv

step "network vnet create" "^Succeeded$" az network vnet create --name net --subnet-name web --resource-group "$RG" \
  --address-prefixes 10.9.0.0/16 --subnet-prefixes 10.9.0.0/24 --query newVNet.provisioningState --output tsv
step "network public-ip create" "^198[.]18" az network public-ip create --name nat-ip --resource-group "$RG" \
  --query publicIp.ipAddress --output tsv
step "network nat gateway create" "Succeeded" az network nat gateway create --name nat --resource-group "$RG" \
  --public-ip-addresses nat-ip --query provisioningState --output tsv
step "network vnet subnet update" "/natGateways/nat$" az network vnet subnet update --name web --vnet-name net \
  --nat-gateway nat "${LIST[@]}" natGateway.id

step "vmss create with zones" "Flexible 1 Succeeded" az vmss create --name web --resource-group "$RG" \
  --orchestration-mode Flexible --zones 1 2 3 --platform-fault-domain-count 1 --output tsv \
  --query "join(' ', [vmss.orchestrationMode, to_string(vmss.platformFaultDomainCount), vmss.provisioningState])"
step "vmss create with three fault domains" "^3$" az vmss create --name fd --resource-group "$RG" \
  --orchestration-mode Flexible --platform-fault-domain-count 3 --query vmss.platformFaultDomainCount --output tsv
step "vm create in zone 1, public address" "VM running 198[.]18[.]0[.][0-9]+ 1" \
  az vm create "${VM[@]}" --name web-000001 --vmss web --zone 1 --output tsv \
  --query "join(' ', [powerState, publicIpAddress, zones])"
step "vm create in zone 2" "VM running 10[.]9[.]0[.][0-9]+ 2" \
  az vm create "${VM[@]}" "${NO_IP[@]}" --name web-000002 --vmss web --zone 2 --output tsv \
  --query "join(' ', [powerState, privateIpAddress, zones])"
step "vm create in zone 3, spot" "VM running" \
  az vm create "${VM[@]}" "${NO_IP[@]}" --name web-000003 --vmss web --zone 3 --priority Spot \
  --eviction-policy Deallocate --query powerState --output tsv
step "vm create in fault domain 1" "VM running" \
  az vm create "${VM[@]}" "${NO_IP[@]}" --name fd-000001 --vmss fd --platform-fault-domain 1 \
  --query powerState --output tsv
step "vm show: set and fault domain" "^1 .*/virtualMachineScaleSets/fd$" az vm show --name fd-000001 "${LIST[@]}" \
  "join(' ', [to_string(platformFaultDomain), virtualMachineScaleSet.id])"
step "vm create --count 3" "^many0 many1 many2$" az vm create "${VM[@]}" "${NO_IP[@]}" --name many --count 3 \
  --query "join(' ', sort([].name))" --output tsv
step "group create where there are no zones" "westus" az group create --name west-rg --location westus \
  --query location --output tsv
refused "vm create in a zone that the region lacks" "availability zone is not yet supported" \
  az vm create "${PLAIN[@]}" "${NO_IP[@]}" --name nowhere --resource-group west-rg --zone 1
refused "vm create of a size that is not known" "Standard_D2s_v99" \
  az vm create "${VM[@]}" "${NO_IP[@]}" --name odd --size Standard_D2s_v99

step "vm list -d: addresses and power" "web-000001 VM running 198[.]18.* web-000002 VM running *" \
  az vm list --show-details "${LIST[@]}" "[?starts_with(name, 'web')].join(' ', [name, powerState, publicIps])"
step "vmss list-instances" "^web-000001 web-000002 web-000003 *$" az vmss list-instances --name web "${LIST[@]}" \
  "join(' ', sort([].name))"
step "vmss show" "^Flexible$" az vmss show --name web "${LIST[@]}" orchestrationMode
step "resource list" "^3 2 [1-9]" az resource list "${LIST[@]}" "join(' ', [
  to_string(length([?type=='Microsoft.Compute/virtualMachines' && starts_with(name, 'web')])),
  to_string(length([?type=='Microsoft.Compute/virtualMachineScaleSets'])),
  to_string(length([?type=='Microsoft.Network/networkInterfaces']))])"
step "vm list-skus" "Standard_D2s_v5 1,2,3" az vm list-skus --location westeurope --size Standard_D2s_v5 \
  --resource-type virtualMachines --query "[0].join(' ', [name, join(',', sort(locationInfo[0].zones))])" --output tsv
step "vm list-usage" "^[1-9][0-9]*$" az vm list-usage --location westeurope --output tsv \
  --query "[?name.value=='cores'].currentValue"
step "network nic list: owners" "/virtualMachines/web-000001" az network nic list "${LIST[@]}" "[].virtualMachine.id"
refused "network nic delete while its VM lives" "NicInUse" \
  az network nic delete --name web-000001VMNic --resource-group "$RG"

TARGET=(--resource-group "$RG" --resource web-000001 --resource-type Microsoft.Compute/virtualMachines)
step "lock create" "CanNotDelete" az lock create --name keep --lock-type CanNotDelete "${TARGET[@]}" \
  --query level --output tsv
refused "vm delete under a lock" "ScopeLocked" az vm delete --name web-000001 --resource-group "$RG" --yes
refused "vm delete under a lock: the status" "Response status: 409" \
  az vm delete --name web-000001 --resource-group "$RG" --yes --debug
step "lock delete" "^$" az lock delete --name keep "${TARGET[@]}"

step "vm deallocate" "^$" az vm deallocate --name web-000002 --resource-group "$RG"
step "vm get-instance-view" "PowerState/deallocated" az vm get-instance-view --name web-000002 "${LIST[@]}" \
  "instanceView.statuses[1].code"
step "vm start" "^$" az vm start --name web-000002 --resource-group "$RG"
step "vm is running again" "VM running" az vm show --show-details --name web-000002 "${LIST[@]}" powerState
step "vm update: tags" "blue" az vm update --name web-000002 --set tags.colour=blue "${LIST[@]}" tags.colour
step "vm simulate-eviction of a Spot VM" "^$" az vm simulate-eviction --name web-000003 --resource-group "$RG"
refused "vm simulate-eviction of a Regular VM" "OperationNotAllowed" \
  az vm simulate-eviction --name web-000001 --resource-group "$RG"

# The controller in the set that az made: it leaves alone what is not its own, and takes over what it is told to.
fleet() {
  cat >"$WORK/fleet.yaml" <<SPEC
apiVersion: evenkeel/v1alpha1
kind: Fleet
metadata: {name: web}
spec:
  azure: {subscription: $SUBSCRIPTION, resourceGroup: $RG, location: westeurope}
  replicas: $1
  adopt: [${2:-}]
  placement: {zones: ["1", "2", "3"]}
  sizes: [Standard_D2s_v5]
  template:
    image: {publisher: Canonical, offer: ubuntu-24_04-lts, sku: server, version: latest}
    sshPublicKeys: ["$(cat "$WORK/.ssh/id_rsa.pub")"]
    network:
      subnet: /subscriptions/$SUBSCRIPTION/resourceGroups/$RG/providers/Microsoft.Network/virtualNetworks/net/subnets/web
      outbound: natGateway
SPEC
}
ours() { "$EVENKEEL" "$@" "$WORK/fleet.yaml" --provider azure --arm-url "$URL" --arm-ca "$CA"; }
unmanaged() { ours observe -o json | tr -d ' \n' | grep -o '"name":"[^"]*"\|"owned":false' | paste -s -d ' '; }

fleet 1
step "evenkeel observe: what az made is not its own" \
  '"web-000001" "owned":false "name":"web-000002" "owned":false "name":"web-000003" "owned":false$' unmanaged
step "evenkeel reconcile: one member beside them" "web-000004" ours reconcile
step "vmss list-instances: nobody is gone" "^web-000001 web-000002 web-000003 web-000004 *$" \
  az vmss list-instances --name web "${LIST[@]}" "join(' ', sort([].name))"
fleet 2 web-000002
step "evenkeel reconcile: adopts one" "web-000002" ours reconcile
step "vm show: the adopted one has tags" "^web blue$" az vm show --name web-000002 "${LIST[@]}" \
  "join(' ', [tags.\"evenkeel-fleet\", tags.colour])"
fleet 0
step "evenkeel reconcile --until-converged: its two go" "." ours reconcile --until-converged
step "vmss list-instances: those of others stay" "^web-000001 web-000003 *$" \
  az vmss list-instances --name web "${LIST[@]}" "join(' ', sort([].name))"

step "vmss delete-instances" "^$" az vmss delete-instances --name web --resource-group "$RG" \
  --instance-ids web-000001
step "vmss list-instances afterwards" "^web-000003 *$" az vmss list-instances --name web "${LIST[@]}" "[].name"
step "vm delete" "^$" az vm delete --name web-000003 --resource-group "$RG" --yes
step "vmss delete" "^$" az vmss delete --name web --resource-group "$RG"

step "network lb create" "^pool$" az network lb create --name lb --sku Standard --public-ip-address lb-ip \
  --backend-pool-name pool "${LIST[@]}" "loadBalancer.backendAddressPools[0].name"
step "vmss create with a profile" "Succeeded" az vmss create --name auto --resource-group "$RG" \
  --orchestration-mode Flexible --image Ubuntu2204 --vm-sku Standard_D2s_v5 --instance-count 2 --vnet-name net \
  --subnet web --load-balancer lb --backend-pool-name pool --admin-username azureuser --generate-ssh-keys \
  --query vmss.provisioningState --output tsv
step "vmss scale" "^3$" az vmss scale --name auto --new-capacity 3 "${LIST[@]}" sku.capacity
step "addresses in the load balancer's pool" "^3$" az network lb address-pool show --name pool --lb-name lb \
  "${LIST[@]}" "length(backendIPConfigurations)"
refused "network vnet delete while it is in use" "InUseSubnetCannotBeDeleted" \
  az network vnet delete --name net --resource-group "$RG"
step "deployment group list" "^Succeeded *$" az deployment group list "${LIST[@]}" \
  "[?starts_with(name, 'vmss')].properties.provisioningState | [0]"
step "group delete" "^$" az group delete --name "$RG" --yes
step "nothing is left" "^0$" az resource list --query "length(@)" --output tsv
conclude
