/* Reads `network`: hosts that are only addresses of the one network in which the scene's program runs; or two hosts with a
 * program each, which then are the scene's programs. */
#include "scene/scene_network.h"
#include "base/text.h"
#include "scene/scene_read.h"
#include "scene/scene_words.h"

#include <stdio.h>
#include <string.h>

#define FIELD_COUNT(fields) (sizeof(fields) / sizeof *(fields))

static const char *const addresses[] = {"10.0.0.1", "10.0.0.2"};

/* Of a host with a program: its address by its place, if it has none; and what goes with that. */
static void host_settle(struct scene_reading *reading, const struct scene_node *node, struct scene_host *hosts,
                        size_t index)
{
    struct scene_host *host = &hosts[index];
    if (!host->address)
        host->address = addresses[index];
    for (unsigned number = 1; number <= SCENE_HOSTS; number++)
        if (strcmp(host->address, addresses[number - 1]) == 0)
            host->number = number;
    if (host->number == 0)
        scene_reading_refuse(reading, node, "a host with a program has the address 10.0.0.1 or 10.0.0.2, not %.40s",
                             host->address);
    else if (index > 0 && host->number == hosts[0].number)
        scene_reading_refuse(reading, node, "both hosts have the address %.40s", host->address);
    if (index == 0 && host->after)
        scene_reading_refuse(reading, node, "the first host's program is started at once, not `after` something");
}

/* Programs on hosts are two, and then there is no other. */
static void hosts_settle(struct scene_reading *reading, const struct scene_node *node, struct scene_host *hosts,
                         size_t count)
{
    size_t programs = 0;
    for (size_t i = 0; i < count; i++)
        programs += hosts[i].program.sources.count > 0;
    if (programs == 0)
        return;
    if (count != SCENE_HOSTS || programs != count) {
        scene_reading_refuse(reading, node, "hosts with programs of their own are two, and each has `sources`");
        return;
    }
    if (reading->scene->program.sources.count > 0)
        scene_reading_refuse(reading, node, "the hosts have programs, so the scene has no `program` beside them");
    const struct scene_node *value = node->first;
    for (size_t i = 0; i < count; i++, value = value->next)
        host_settle(reading, value, hosts, i);
}

static void read_hosts(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                       void *place)
{
    static const struct scene_field fields[] = {
        {.name = "address", .read = scene_field_string, .offset = offsetof(struct scene_host, address)},
        {.name = "after", .read = scene_read_operation, .offset = offsetof(struct scene_host, after)},
        SCENE_PROGRAM_FIELDS(offsetof(struct scene_host, program), false),
    };
    struct scene_network *network = place;
    if (node->kind != SCENE_NODE_MAPPING || node->count == 0 || node->count > 16) {
        scene_reading_refuse(reading, node, "`hosts` must be a mapping of 1 to 16 hosts");
        return;
    }
    struct scene_host *hosts = scene_reading_obtain(reading, node->count * sizeof *hosts);
    if (!hosts)
        return;
    for (const struct scene_node *value = node->first; value; value = value->next) {
        struct scene_host *host = &hosts[network->host_count++];
        host->name = value->key->text;
        if (!scene_id_is_good(host->name))
            scene_reading_refuse(reading, value->key, "a host's name must be small letters, digits and hyphens");
        if (!scene_node_is_null(value))
            scene_fields_read(reading, value, fields, FIELD_COUNT(fields), host, N_("a host"));
        if (host->after && host->program.sources.count == 0)
            scene_reading_refuse(reading, value,
                                 "`after` says when a host's program is started, and this one has none");
    }
    hosts_settle(reading, node, hosts, network->host_count);
    network->hosts = hosts;
    (void)field;
}

void scene_network_read(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                        void *place)
{
    static const struct scene_field fields[] = {
        {.name = "hosts", .read = read_hosts, .required = true},
        {.name = "profile",
         .read = scene_field_word,
         .offset = offsetof(struct scene_network, profile),
         .words = scene_words_profiles,
         .what = N_("profile")},
    };
    struct scene_network *network = place;
    network->profile = "lecture";
    scene_fields_read(reading, node, fields, FIELD_COUNT(fields), network, "`network`");
    (void)field;
}

bool scene_hosts_play(const struct scene *scene)
{
    return scene->network.host_count > 0 && scene->network.hosts[0].program.sources.count > 0;
}
