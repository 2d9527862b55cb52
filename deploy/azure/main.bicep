// Who evenkeel is on Azure, and what it may do there: an identity, the custom role of role.json, its assignments.
//
//   az deployment sub create --location westeurope --template-file deploy/azure/main.bicep \
//     --parameters identityResourceGroup=evenkeel-rg resourceGroups='["web-rg", "network-rg"]'
//
// Whoever runs it has to be allowed to write roles and their assignments in the subscription.
targetScope = 'subscription'

@description('Where the identity and the storage account for leases are made.')
param location string = deployment().location

@description('The resource group, which has to exist, of the identity and of the storage account for leases.')
param identityResourceGroup string

@description('Name of the identity.')
param identityName string = 'evenkeel'

@description('The resource groups of the fleets, and those of their networks, if these are others. They have to exist.')
param resourceGroups array

@description('Issuer of the Kubernetes cluster whose service account acts as the identity; empty: there is none.')
param oidcIssuer string = ''

@description('The service account, as the cluster names it in its tokens.')
param serviceAccount string = 'system:serviceaccount:evenkeel:evenkeel'

@description('Storage account whose blobs keep several processes apart; empty: none is made, and one process runs.')
param leaseAccountName string = ''

@description('The container for these blobs.')
param leaseContainerName string = 'evenkeel'

// The one list of actions: the tests hold it against what the adapter sends.
var operator = loadJsonContent('role.json')

// Sizes, quota and operations are no part of a resource group.
var ofSubscription = [
  'Microsoft.Compute/locations/operations/read'
  'Microsoft.Compute/locations/usages/read'
  'Microsoft.Compute/skus/read'
]

resource operatorRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, operator.Name)
  properties: {
    roleName: operator.Name
    type: 'CustomRole'
    description: operator.Description
    permissions: [
      {
        actions: operator.Actions
        notActions: operator.NotActions
        dataActions: operator.DataActions
        notDataActions: operator.NotDataActions
      }
    ]
    assignableScopes: [
      subscription().id
    ]
  }
}

resource readerRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'Evenkeel size and quota reader')
  properties: {
    roleName: 'Evenkeel size and quota reader'
    type: 'CustomRole'
    description: 'Reads sizes, quota and the results of operations of the subscription.'
    permissions: [
      {
        actions: ofSubscription
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
    assignableScopes: [
      subscription().id
    ]
  }
}

module identity 'identity.bicep' = {
  name: 'evenkeel-identity'
  scope: resourceGroup(identityResourceGroup)
  params: {
    location: location
    identityName: identityName
    oidcIssuer: oidcIssuer
    serviceAccount: serviceAccount
    leaseAccountName: leaseAccountName
    leaseContainerName: leaseContainerName
  }
}

resource readerAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, identityResourceGroup, identityName, 'reader')
  properties: {
    principalId: identity.outputs.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: readerRole.id
  }
}

module operatorAssignments 'assignment.bicep' = [for name in resourceGroups: {
  name: 'evenkeel-operator-${uniqueString(name)}'
  scope: resourceGroup(name)
  params: {
    principalId: identity.outputs.principalId
    roleDefinitionId: operatorRole.id
  }
}]

@description('AZURE_CLIENT_ID of the process.')
output clientId string = identity.outputs.clientId

@description('AZURE_TENANT_ID of the process.')
output tenantId string = tenant().tenantId

@description('What --lease (EVENKEEL_LEASE) is to be; empty if no storage account was asked for.')
output lease string = empty(leaseAccountName) ? '' : 'https://${leaseAccountName}.blob.${environment().suffixes.storage}/${leaseContainerName}'
